"""report: opens the last report in a browser if there is one, and prints its path."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from grader.commands import options
from grader.commands.working import NOTEBOOK
from grader.course.catalogue import find
from grader.course.progress import Progress
from grader.model.errors import GraderError


@click.command()
@options.exercise
@click.option("--print", "only_print", is_flag=True, help="Only print the path.")
@options.form
@options.course
def command(exercise: str, only_print: bool, form: str, course: Path | None) -> None:
    """Open the last report of an exercise, or print its path."""
    chosen = find(exercise, course)
    path = Progress(chosen.course).report_path(chosen)
    if not path.is_file():
        raise GraderError(f"There is no report of {chosen.id} yet.", f"Grade it: `python -m grader {chosen.id}`.")
    if form == NOTEBOOK:
        from grader.report.under_cell import render_prose

        told = f"The last report of {chosen.number} {chosen.title}:"
        click.echo(render_prose(told, f"{told} {path}", link=path))
        return
    click.echo(str(path))
    if sys.stdout.isatty() and not only_print:
        click.launch(path.as_uri())
