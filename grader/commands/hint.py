"""hint: one rung of the ladder for the check that fails now."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from grader.commands import options
from grader.course.catalogue import find
from grader.course.hints import rung
from grader.course.progress import Progress


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
    console = Console(width=min(Console().width, 80), highlight=False)
    console.print(f"Hint {step.number} of {step.total}\n", markup=False)
    console.print(step.text, markup=False)
    again = "for the next one." if step.number < step.total else "shows it again: it is the last one."
    if not standing.attempts:
        console.print(f"\nGrade first, `python -m grader {chosen.number}`, and hints follow what fails.", markup=False)
    console.print(f"\n`python -m grader hint {chosen.number}` {again}", markup=False)
