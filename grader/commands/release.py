"""release: the zip that learners get."""

from __future__ import annotations

from pathlib import Path

import click

from grader.commands import options
from grader.course.catalogue import course_folder
from grader.inside.measure import MB


@click.command()
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The zip to write.")
@click.option("--with-spec", is_flag=True, help="With solutions and hidden checks, for studying on one's own.")
@options.course
def command(output: Path, with_spec: bool, course: Path | None) -> None:
    """Make the kit that learners get: notebooks, grader and basic checks, without anything that gives answers away."""
    from grader.authoring.release import release

    kit = release(course or course_folder(), output, with_spec)
    click.echo(f"{output}: {kit.exercises} exercises, {kit.files} files, {kit.size / MB:.1f} MB.")
    if with_spec:
        click.echo("Solutions and all checks are in it: it is not for people who are to be graded.")
    else:
        click.echo("Hidden checks, solutions and debriefs are not in it; `batch` grades with them.")
