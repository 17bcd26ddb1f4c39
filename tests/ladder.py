"""Climbing an exercise's ladder of hints below a verdict."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from grader.course.hints import Rung, next_rung
from grader.course.notebook import Notebook, read
from grader.course.progress import Progress
from grader.course.reveal import pack
from grader.model import Exercise, Verdict


def climb(exercise: Exercise, notebook: Notebook, verdict: Verdict, folder: Path) -> Iterator[Rung]:
    """Every rung from the first to the last, as `hint` shows them one after the other. `folder`: for the progress."""
    progress = Progress(folder)
    progress.note(exercise, verdict, pack(verdict))
    while rung := next_rung(exercise, progress.standing(exercise), notebook):
        yield rung
        if rung.bug is None:
            return
        progress.see_hint(exercise, rung.bug.id)


def is_true(rung: Rung, exercise: Exercise, notebook: Notebook, failing: set[str]) -> bool:
    """It says something, of a check that fails, and of a bug only if its line is still in the notebook."""
    if not rung.text or "You have passed" in rung.text or "Nothing fails" in rung.text:
        return False
    if rung.check is not None and rung.check.id not in failing:
        return False
    return rung.bug is None or line_of(exercise, rung.bug.id) in lines(notebook)


def lines(notebook: Notebook) -> set[str]:
    return {line.strip() for cell in notebook.cells for line in cell.splitlines()}


def line_of(exercise: Exercise, bug_id: str) -> str:
    """The bug's line in the notebook as shipped."""
    bug = next(bug for bug in exercise.bugs if bug.id == bug_id)
    return read(exercise.original).cells[bug.cell - 1].splitlines()[bug.line - 1].strip()
