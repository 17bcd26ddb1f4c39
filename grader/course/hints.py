"""The ladder of hints: for the check that fails now, one rung at a time; after passing, the debrief."""

from __future__ import annotations

from dataclasses import dataclass

from grader.course.notebook import Notebook, read
from grader.course.progress import Standing
from grader.model import Bug, Exercise, Notes, Status, Verdict


@dataclass(frozen=True, slots=True)
class Rung:
    """One hint: the `number`-th of `total` for a bug."""

    bug: Bug
    number: int
    total: int
    text: str


def current_bug(exercise: Exercise, standing: Standing) -> Bug | None:
    """The bug whose check fails first; before the first grading, the first bug. None where nothing fails."""
    if standing.attempts == 0:
        return next(iter(exercise.bugs), None)
    for check in exercise.checks:
        if check.id in standing.failing:
            ladders = [bug for bug in exercise.bugs if check.id in bug.checks]
            unfinished = (bug for bug in ladders if standing.seen(bug.id) < len(bug.hints))
            return next(unfinished, ladders[-1] if ladders else None)
    return None


def rung(exercise: Exercise, standing: Standing) -> Rung | None:
    """The next hint; the last one again at the end of the ladder. None where nothing fails."""
    bug = current_bug(exercise, standing)
    if bug is None:
        return None
    number = min(standing.seen(bug.id) + 1, len(bug.hints))
    return Rung(bug, number, len(bug.hints), bug.hints[number - 1])


def list_seen(exercise: Exercise, standing: Standing) -> tuple[str, ...]:
    """Every hint shown so far, in the order of the ladders."""
    return tuple(hint for bug in exercise.bugs for hint in bug.hints[: standing.seen(bug.id)])


def notes(exercise: Exercise, standing: Standing, verdict: Verdict, notebook: Notebook) -> Notes:
    """What a report shows beside the verdict."""
    if verdict.status != Status.PASSED:
        return Notes(hints=list_seen(exercise, standing))
    debrief = tuple(bug for bug in exercise.bugs if bug.debrief)  # a learner's kit has none
    solution: tuple[str, ...] = ()
    if exercise.solution is not None:
        solution = _repaired(read(exercise.solution))
    return Notes(list_seen(exercise, standing), debrief, solution, _repaired(notebook))


def _repaired(notebook: Notebook) -> tuple[str, ...]:
    return tuple(notebook.cells[number - 1] for number in notebook.repair_cells)
