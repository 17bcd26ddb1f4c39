"""report: where the last report is, opened in a browser where there is one."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from grader.commands import options
from grader.course.catalogue import find
from grader.course.progress import Progress
from grader.errors import GraderError


@click.command()
@options.exercise
@click.option("--print", "only_print", is_flag=True, help="Print the path, open nothing.")
@options.course
def command(exercise: str, only_print: bool, course: Path | None) -> None:
    """Open the last report of an exercise, or print its path."""
    found = find(exercise, course)
    path = Progress(found.course).report_path(found)
    if not path.is_file():
        raise GraderError(f"There is no report of {found.id} yet.", f"Grade it: `python -m grader {found.id}`.")
    click.echo(str(path))
    if sys.stdout.isatty() and not only_print:
        click.launch(path.as_uri())
