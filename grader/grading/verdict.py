"""Evidence + checks -> Verdict: the status, the points, and the two sentences that a person reads first."""

from __future__ import annotations

import re
from dataclasses import replace

from grader.course.notebook import Notebook
from grader.model import CellError, Check, Environment, Evidence, Exercise, Finding, Run, Status, Timing, Verdict
from grader.model.codes import NOT_FINITE
from grader.model.errors import GraderError
from grader.words import exceeded, missing_here, place

_NO_MODULE = re.compile(r"No module named '([^']+)'")


def verdict(
    exercise: Exercise,
    notebook: Notebook,
    evidence: Evidence,
    checks: tuple[Check, ...],
    reference: Evidence | None,
    timing: Timing,
) -> Verdict:
    """Put together what everybody reads."""
    run = evidence.run
    status = _status(run, checks)
    message, next_step = _sentences(exercise, status, run, checks)
    return Verdict(
        exercise=exercise.id,
        title=exercise.title,
        notebook_sha256=notebook.sha256,
        status=status,
        message=message,
        next_step=next_step,
        score=sum(check.points for check in checks),
        max_score=exercise.max_score,
        checks=checks,
        limit=run.limit,
        environment=evidence.environment,
        timing=timing,
        cells=run.cells,
        losses=evidence.losses,
        reference_losses=reference.losses if reference else (),
        training=evidence.training,
    )


def explained(
    exercise: Exercise, verdict: Verdict, findings: tuple[Finding, ...], gaps: tuple[str, ...] = ()
) -> Verdict:
    """The verdict with what the doctor found; each failed check points to the findings that explain it. `gaps`: what
    of the examination failed, in sentences."""
    checks = tuple(
        replace(check, findings=_explaining(exercise, check, findings)) if check.status == "failed" else check
        for check in verdict.checks
    )
    return replace(verdict, checks=checks, findings=findings, message=" ".join((verdict.message, *gaps)))


def _explaining(exercise: Exercise, check: Check, findings: tuple[Finding, ...]) -> tuple[int, ...]:
    """Findings about a variable that the check complains of, or at the place of a bug that is known to fail it.

    A number that is finite and wrong is not explained by one that became infinite, perhaps later in a training that
    diverged.
    """
    complained = {row.name for row in check.comparisons if not row.fits}
    infinite = {row.name for row in check.comparisons if row.verdict == "nan"}
    places = {(bug.cell, bug.line) for bug in exercise.bugs if check.id in bug.checks}
    return tuple(
        index
        for index, finding in enumerate(findings)
        if (infinite if finding.cause in NOT_FINITE else complained) & set(finding.variables)
        or (finding.cell, finding.line) in places
    )


def refused(exercise: Exercise, error: GraderError, sha256: str = "") -> Verdict:
    """The verdict on what could not be graded: the input is at fault (`ungradable`), or we are (`error`)."""
    return Verdict(
        exercise=exercise.id,
        title=exercise.title,
        notebook_sha256=sha256,
        status=Status.ERROR if error.exit_code == 3 else Status.UNGRADABLE,
        message=error.message,
        next_step=error.next_step,
        score=0.0,
        max_score=exercise.max_score,
        environment=Environment(),
    )


def reason_not_judged(run: Run) -> str:
    """Why no check could run, as the end of "skipped: "."""
    if run.limit is not None:
        return f"the notebook {exceeded(replace(run.limit, used=None))}"
    if run.error is not None:
        return f"the notebook stopped in cell {_failed_cell(run)} with {run.error.type}"
    return f"the kernel died in cell {_failed_cell(run)}"


def _status(run: Run, checks: tuple[Check, ...]) -> Status:
    if run.status != "completed":
        return Status(run.status)
    if any(check.status == "failed" for check in checks):
        return Status.FAILED
    return Status.PASSED if any(check.status == "passed" for check in checks) else Status.FAILED


def _sentences(exercise: Exercise, status: Status, run: Run, checks: tuple[Check, ...]) -> tuple[str, str]:
    hint = f"`python -m grader hint {exercise.number}` gives a hint."
    failed = [check for check in checks if check.status == "failed"]
    match status:
        case Status.PASSED:
            waiting = any(check.status == "skipped" for check in checks)
            if waiting:
                return "All checks of this kit passed; the hidden ones run when you submit.", "Submit your notebook."
            return "All checks passed: every gradient arrives.", "`python -m grader list` shows what comes next."
        case Status.FAILED if failed:
            return f"{len(failed)} of {len(checks)} checks failed; the first: {failed[0].title}.", hint
        case Status.CRASHED if run.error is not None and (module := missing_module(run.error)):
            return (
                f"The notebook stopped in {_place(run)}: {missing_here(module)}.",
                f"That is not your mistake. If the exercise works without {module}, remove the import and grade again; "
                "otherwise ask your instructor to install it.",
            )
        case Status.CRASHED if run.error is not None:
            return (
                f"The notebook stopped with {run.error.type} in {_place(run)}.",
                "Restart the kernel, run all cells until none raises, save, and grade again.",
            )
        case _:
            return _limit_sentences(run)


def missing_module(error: CellError) -> str:
    """The installable module that an import didn't find: "sklearn" for "sklearn.svm"; "" for any other error."""
    found = _NO_MODULE.search(error.message) if error.type == "ModuleNotFoundError" else None
    return found[1].partition(".")[0] if found else ""


def _limit_sentences(run: Run) -> tuple[str, str]:
    if run.limit is None:
        return (
            f"The kernel died in {_place(run)}.",
            "Look there for an exit, a crash in native code, or something that ends the process.",
        )
    return (
        f"The notebook {exceeded(run.limit, f' in {_place(run)}')}.",
        "Look there for a loop that does not end or for work that is far larger than the exercise needs.",
    )


def _place(run: Run) -> str:
    cell, line = (run.error.cell, run.error.line) if run.error is not None else (None, None)
    return place(cell or _failed_cell(run), line)


def _failed_cell(run: Run) -> int:
    return next((cell.number for cell in run.cells if cell.status == "failed"), 1)
