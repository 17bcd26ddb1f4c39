"""release: the kit, the zip for learners."""

from __future__ import annotations

from pathlib import Path

import click

from grader.commands import options
from grader.course.catalogue import course_folder
from grader.inside.measure import MB
from grader.model import Reveal
from grader.words import plural


@click.command()
@click.argument("names", nargs=-1, metavar="[EXERCISE]...", type=options.ExerciseName())
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The zip to write.")
@click.option("--with-spec", is_flag=True, help="Include solutions and hidden checks, for self-study.")
@click.option(
    "--submit", metavar="WHERE", default="", help="Where learners submit, for the kit's README: an address, a folder."
)
@options.reveal
@options.course
def command(
    names: tuple[str, ...], output: Path, with_spec: bool, submit: str, reveal: Reveal | None, course: Path | None
) -> None:
    """Make the kit, the zip for learners.

    It contains the exercises named, or all of the course: notebooks, the grader and basic checks, but no answers. The
    hints are packed, so that nobody reads them by accident.
    """
    from grader.authoring.release import release

    kit = release(course or course_folder(), output, with_spec, submit, reveal, names)
    click.echo(f"{output}: {plural(kit.exercises, 'exercise')}, {kit.files} files, {kit.size / MB:.1f} MB.")
    if with_spec:
        click.echo("It contains the solutions and all checks: don't give it to people whom you will grade.")
    else:
        click.echo(
            "It contains no hidden checks, solutions or debriefs; hints are packed. `batch` grades with all checks."
        )
