"""reset: restores the broken notebook and keeps the learner's work beside it."""

from __future__ import annotations

import shutil
from itertools import count
from pathlib import Path

import click

from grader.commands import options
from grader.course.catalogue import find
from grader.errors import GraderError


@click.command()
@options.exercise
@options.course
def command(exercise: str, course: Path | None) -> None:
    """Restore the broken notebook, and keep your version beside it."""
    chosen = find(exercise, course)
    if not chosen.original.is_file():
        raise GraderError(f"{chosen.original} is missing.", "Fetch the course again; your notebook was not touched.")
    kept = None
    if chosen.notebook.is_file() and chosen.notebook.read_bytes() != chosen.original.read_bytes():
        names = (chosen.folder / f"notebook.mine-{number}.ipynb" for number in count(1))
        kept = next(path for path in names if not path.exists())
        chosen.notebook.rename(kept)
    shutil.copyfile(chosen.original, chosen.notebook)
    click.echo(f"{chosen.notebook} has been reset.")
    if kept:
        click.echo(f"Your version is in {kept}.")
