"""The ladder of hints for the check that fails now, one rung at a time; after passing, the debrief.

A rung must be true of *this* code: a bug's ladder is climbed only while the bug is there. Below a check that fails for
another reason, and after a crash, stands what is known: the check's own sentence, or the exception's. The last rung is
the line that the doctor found.
"""

from __future__ import annotations

from dataclasses import dataclass

from grader.course.notebook import Notebook, read
from grader.course.progress import Progress, Standing
from grader.course.reveal import unpack
from grader.model import Bug, CheckSpec, Exercise, Finding, Notes, Status, Verdict
from grader.model.errors import UngradableError

STOPPED = (Status.CRASHED, Status.TIMED_OUT, Status.KILLED)


@dataclass(frozen=True, slots=True)
class Rung:
    """One hint: the `number`-th of `total`."""

    text: str
    number: int = 1
    total: int = 1
    check: CheckSpec | None = None  # that the hint is for
    bug: Bug | None = None  # whose ladder it belongs to
    findings: tuple[Finding, ...] = ()  # the line, where this rung is it


def climb(exercise: Exercise) -> Rung | None:
    """The next hint, which is remembered as seen; None where nothing fails."""
    progress = Progress(exercise.course)
    rung = next_rung(exercise, progress.standing(exercise), notebook_of(exercise))
    if rung and rung.bug:
        progress.see_hint(exercise, rung.bug.id)
    if rung and rung.findings and rung.check:
        progress.see_line(exercise, rung.check.id)
    return rung


def notebook_of(exercise: Exercise) -> Notebook | None:
    """The learner's, if it can be read."""
    try:
        return read(exercise.notebook)
    except UngradableError:
        return None


def next_rung(exercise: Exercise, standing: Standing, notebook: Notebook | None) -> Rung | None:
    """The next hint; the last one again at the end of the ladder. None where nothing fails.

    `notebook`: the learner's, as it was graded last.
    """
    if standing.last is None:
        return _first(exercise, standing)
    if standing.last.status in STOPPED:
        return Rung(f"{standing.last.message} Repair that first: nothing was checked.")
    check = next((check for check in exercise.checks if check.id in standing.failing), None)
    if check is None:
        return None
    findings = () if exercise.reveal == "never" else unpack(standing.last.findings).get(check.id, ())
    bugs = _bugs_there(exercise, check, findings, notebook)
    ladder = [(bug, number) for bug in bugs for number in range(len(bug.hints))]
    total = len(ladder) + bool(findings)
    for rung, (bug, number) in enumerate(ladder, start=1):
        if number >= standing.seen(bug.id):
            return Rung(bug.hints[number], rung, total, check, bug)
    if findings:
        return Rung("The gradient is lost here:", total, total, check, None, findings)
    if ladder:
        return Rung(bugs[-1].hints[-1], total, total, check)
    return Rung(standing.failing[check.id] or f"This check fails: {check.title}.", check=check)


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
        solution = repaired(read(exercise.solution))
    return Notes(list_seen(exercise, standing), debrief, solution, repaired(notebook))


def repaired(notebook: Notebook) -> tuple[str, ...]:
    """The cells in which the repairs are."""
    return tuple(notebook.cells[number - 1] for number in notebook.repair_cells)


def _first(exercise: Exercise, standing: Standing) -> Rung | None:
    """Before anything was graded: the first bug's ladder, which is true of the notebook as shipped."""
    bug = next((bug for bug in exercise.bugs if bug.hints), None)
    if bug is None:
        return Rung("Grade first: then the hints follow what fails.")
    number = min(standing.seen(bug.id) + 1, len(bug.hints))
    return Rung(bug.hints[number - 1], number, len(bug.hints), bug=bug)


def _bugs_there(
    exercise: Exercise, check: CheckSpec, findings: tuple[Finding, ...], notebook: Notebook | None
) -> tuple[Bug, ...]:
    """The bugs that fail this check and are still in the notebook."""
    lines = {bug.id: _line(exercise, bug) for bug in exercise.bugs if check.id in bug.checks}
    candidates = [bug for bug in exercise.bugs if bug.id in lines]
    named = {(finding.code, finding.source.strip()) for finding in findings}
    there = [bug for bug in candidates if (bug.code, lines[bug.id]) in named]
    if not there and notebook is not None:  # the doctor may have nothing to say of a silent bug
        code = {line.strip() for cell in notebook.cells for line in cell.splitlines()}
        there = [bug for bug in candidates if lines[bug.id] in code]
    return tuple(bug for bug in there if bug.hints)


def _line(exercise: Exercise, bug: Bug) -> str:
    """The bug's line in the notebook as shipped."""
    try:
        return read(exercise.original).cells[bug.cell - 1].splitlines()[bug.line - 1].strip()
    except (UngradableError, IndexError):
        return ""
