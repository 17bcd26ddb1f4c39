"""hint: one rung of the ladder for the check that fails now."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from grader.commands import options
from grader.course.catalogue import course_folder, exercises, find
from grader.course.following import next_exercise, what_comes_next
from grader.course.hints import Rung, climb, list_seen, repaired
from grader.course.notebook import read
from grader.course.progress import Progress, Standing
from grader.course.reveal import MOST_STUCK
from grader.model import Exercise
from grader.model.errors import GraderError
from grader.report.prose import show_prose
from grader.report.rung import show_rung


@click.command()
@click.argument("exercise", type=options.ExerciseName(), required=False)
@click.option("--again", is_flag=True, help="Show the hints that you have seen so far.")
@click.option("--solution", is_flag=True, help="Show the solution: after passing, or when you are stuck.")
@options.plain
@options.course
def command(exercise: str | None, again: bool, solution: bool, plain: bool, course: Path | None) -> None:
    """Show the next hint for the check that fails now.

    Without EXERCISE, the hint is for the exercise that you graded last.
    """
    chosen = find(exercise, course) if exercise else _current(course or course_folder())
    standing = Progress(chosen.course).standing(chosen)
    console = Console(highlight=False)
    if again:
        _show_again(chosen, standing, console)
    elif solution:
        _show_solution(chosen, standing, console)
    elif rung := climb(chosen):
        show_rung(chosen, rung, console, plain)
        _show_what_follows(chosen, standing, rung, console)
    else:
        click.echo(f"You have passed {chosen.number} {chosen.title}. Next: {what_comes_next(chosen)}")


def _current(course: Path) -> Exercise:
    listed = exercises(course)
    progress = Progress(course)
    exercise = progress.latest(listed) or next_exercise(course)
    if exercise is None:
        raise GraderError(f"There is no exercise in {course} to give a hint for.", "`python -m grader list` shows all.")
    return exercise


def _show_what_follows(exercise: Exercise, standing: Standing, rung: Rung, console: Console) -> None:
    last = rung.number >= rung.total
    again = "shows this one again: it is the last." if last else "shows the next one."
    sentences = [f"`python -m grader hint {exercise.number}` {again}"]
    if standing.last is None:
        sentences.insert(0, f"Grade first with `python -m grader {exercise.number}`; then the hints follow what fails.")
    console.print()
    show_prose("\n\n".join(sentences), console)


def _show_again(exercise: Exercise, standing: Standing, console: Console) -> None:
    seen = list_seen(exercise, standing)
    show_prose("\n\n".join(seen) if seen else f"You have seen no hint of {exercise.id} yet.", console)


def _show_solution(exercise: Exercise, standing: Standing, console: Console) -> None:
    if exercise.solution is None:
        raise GraderError(f"The solution of {exercise.id} is not in this kit.", "Ask your instructor.")
    if not standing.passed and standing.stuck < MOST_STUCK:
        left = MOST_STUCK - standing.stuck
        raise GraderError(
            f"The solution of {exercise.id} is shown when you have passed, or after {left} more attempts without a "
            "better score.",
            f"`python -m grader hint {exercise.number}` gives a hint.",
        )
    cells = repaired(read(exercise.solution))
    show_prose("One way to repair it:\n\n" + "\n\n".join(f"```python\n{cell}\n```" for cell in cells), console)
