"""hint: one rung of the ladder for the check that fails now."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from grader.commands import options
from grader.course.catalogue import find
from grader.course.hints import rung
from grader.course.progress import Progress
from grader.report.prose import show_prose


@click.command()
@options.exercise
@options.course
def command(exercise: str, course: Path | None) -> None:
    """Give the next hint for the check that fails now."""
    chosen = find(exercise, course)
    progress = Progress(chosen.course)
    standing = progress.standing(chosen)
    step = rung(chosen, standing)
    if step is None:
        click.echo(
            "Nothing fails: you have passed this exercise."
            if standing.passed or standing.attempts
            else "This exercise has no hints."
        )
        return
    progress.see_hint(chosen, step.bug.id)
    paragraphs = [f"Hint {step.number} of {step.total}", step.text]
    if not standing.attempts:
        paragraphs.append(f"Grade first with `python -m grader {chosen.number}`; then the hints follow what fails.")
    again = "shows the next one." if step.number < step.total else "shows it again: it is the last one."
    paragraphs.append(f"`python -m grader hint {chosen.number}` {again}")
    show_prose("\n\n".join(paragraphs), Console(highlight=False))
