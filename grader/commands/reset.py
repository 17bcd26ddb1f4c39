"""reset: the broken notebook as it was, with the learner's work kept beside it."""

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
    """Bring the broken notebook back; your copy is kept beside it."""
    found = find(exercise, course)
    if not found.original.is_file():
        raise GraderError(f"{found.original} is missing.", "Fetch the course again; your notebook was not touched.")
    kept = None
    if found.notebook.is_file() and found.notebook.read_bytes() != found.original.read_bytes():
        names = (found.folder / f"notebook.mine-{number}.ipynb" for number in count(1))
        kept = next(path for path in names if not path.exists())
        found.notebook.rename(kept)
    shutil.copyfile(found.original, found.notebook)
    click.echo(f"{found.notebook} is as it was at first.")
    if kept:
        click.echo(f"Your version is in {kept}.")
