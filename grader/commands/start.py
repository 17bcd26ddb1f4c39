"""start: lays the course out in a folder of the learner's own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.course.shipped import laid_out_around
from grader.words import plural

if TYPE_CHECKING:
    from grader.authoring.layout import Layout

FOLDER = Path("gradient-clinic")


@click.command()
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
def command(folder: Path | None) -> None:
    """Lay the exercises out in a folder of your own.

    DIR must be new or empty; without it, the folder is called gradient-clinic. After an upgrade of the grader, the same
    command inside of that folder brings new exercises, and new versions of the notebooks that you have not changed.
    """
    from grader.authoring.layout import lay_out

    there = laid_out_around(folder or Path.cwd())
    target = folder or there or FOLDER
    layout = lay_out(target)
    if there is None or there != target.resolve():
        _welcome(layout)
    else:
        _show_changes(layout)


def _welcome(layout: Layout) -> None:
    first = layout.exercises[0]
    minutes = sum(exercise.minutes for exercise in layout.exercises)
    click.echo(
        f"{plural(len(layout.exercises), 'exercise')}, about {minutes} minutes, in {layout.folder}.\n\nNow you:\n"
    )
    if layout.folder.resolve() != Path.cwd():
        click.echo(f"  cd {_quoted(layout.folder)}")
    click.echo(f"  jupyter lab {first.place_of(first.notebook)}   # repair it, save it")
    click.echo(f"  gradient-clinic {first.number}   # is it right?")


def _show_changes(layout: Layout) -> None:
    for title, names in (
        ("New:", layout.added),
        ("Refreshed, as you had not changed them:", layout.refreshed),
        ("There is a new version of these; yours were left alone, as you have changed them:", layout.kept),
    ):
        if names:
            click.echo("\n  ".join([title, *names]))
    if any(name.endswith(".ipynb") for name in layout.kept):
        click.echo("`gradient-clinic reset NN` takes the new notebook, and keeps yours beside it.")
    if not (layout.added or layout.refreshed or layout.kept):
        click.echo(f"{layout.folder} has everything that this version of the grader brings.")


def _quoted(path: Path) -> str:
    import shlex

    return f'"{path}"' if os.name == "nt" else shlex.quote(str(path))
