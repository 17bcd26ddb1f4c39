"""reset: restores the broken notebook and keeps the learner's work beside it."""

from __future__ import annotations

from pathlib import Path

import click

from grader.commands import options
from grader.course.catalogue import find
from grader.course.restoring import restore


@click.command()
@options.exercise
@options.course
def command(exercise: str, course: Path | None) -> None:
    """Restore the broken notebook, and keep your version beside it."""
    chosen = find(exercise, course)
    kept = restore(chosen)
    click.echo(f"{chosen.notebook} has been reset.")
    if kept:
        click.echo(f"Your version is in {kept}.")
