"""hint: one rung of the ladder for the check that fails now."""

from __future__ import annotations

import io
from pathlib import Path

import click
from rich.console import Console

from grader.commands import options
from grader.commands.working import NOTEBOOK
from grader.course.catalogue import course_folder, exercises, find
from grader.course.following import next_exercise, what_comes_next
from grader.course.hints import Rung, climb, list_seen, notebook_of, repaired
from grader.course.notebook import read
from grader.course.progress import Progress, Standing
from grader.course.reveal import MOST_STUCK
from grader.model import Exercise
from grader.model.errors import GraderError
from grader.report.drawing import WIDTH
from grader.report.prose import literally, show_prose
from grader.report.rung import show_rung, tell_rung


@click.command()
@click.argument("exercise", type=options.ExerciseName(), required=False)
@click.option("--again", is_flag=True, help="Show the hints that you have seen so far.")
@click.option("--solution", is_flag=True, help="Show the solution: after passing, or when you are stuck.")
@options.plain
@options.form
@options.course
def command(exercise: str | None, again: bool, solution: bool, plain: bool, form: str, course: Path | None) -> None:
    """Show the next hint for the check that fails now.

    Without EXERCISE, the hint is for the exercise that you graded last.
    """
    chosen = find(exercise, course) if exercise else _current(course or course_folder())
    standing = Progress(chosen.course).standing(chosen)
    rung = None
    if again:
        told = _tell_again(chosen, standing)
    elif solution:
        told = _tell_solution(chosen, standing)
    elif rung := climb(chosen):
        told = _tell_what_follows(chosen, standing, rung)
    else:
        told = f"You have passed {chosen.number} {literally(chosen.title)}. Next: {what_comes_next(chosen)}"
    if form == NOTEBOOK:
        click.echo(_for_a_notebook(chosen, rung, told))
    else:
        _show(chosen, rung, told, Console(highlight=False), plain)


def _show(exercise: Exercise, rung: Rung | None, told: str, console: Console, plain: bool = False) -> None:
    if rung:
        show_rung(exercise, rung, console, plain)
        console.print()
    show_prose(told, console)


def _for_a_notebook(exercise: Exercise, rung: Rung | None, told: str) -> str:
    from grader.report.under_cell import render_prose

    text = io.StringIO()
    _show(exercise, rung, told, Console(file=text, width=WIDTH, force_terminal=False, highlight=False))
    if rung is None:
        return render_prose(told, text.getvalue())
    markdown = f"{tell_rung(exercise, rung)}\n\n{told}"
    return render_prose(markdown, text.getvalue(), rung.findings, notebook_of(exercise))


def _current(course: Path) -> Exercise:
    listed = exercises(course)
    progress = Progress(course)
    exercise = progress.latest(listed) or next_exercise(course)
    if exercise is None:
        raise GraderError(f"There is no exercise in {course} to give a hint for.", "`python -m grader list` shows all.")
    return exercise


def _tell_what_follows(exercise: Exercise, standing: Standing, rung: Rung) -> str:
    last = rung.number >= rung.total
    again = "shows this one again: it is the last." if last else "shows the next one."
    sentences = [f"`python -m grader hint {exercise.number}` {again}"]
    if standing.last is None:
        sentences.insert(0, f"Grade first with `python -m grader {exercise.number}`; then the hints follow what fails.")
    return "\n\n".join(sentences)


def _tell_again(exercise: Exercise, standing: Standing) -> str:
    seen = list_seen(exercise, standing)
    return "\n\n".join(seen) if seen else f"You have seen no hint of {literally(exercise.id)} yet."


def _tell_solution(exercise: Exercise, standing: Standing) -> str:
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
    return "One way to repair it:\n\n" + "\n\n".join(f"```python\n{cell}\n```" for cell in cells)
