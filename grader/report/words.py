"""How a verdict is put into words, once for all renderers: points, statuses, reasons, and the sentences that stand
for a picture."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from grader.model import Cell, Check, Comparison, Finding, GradientCall, Status, Verdict
from grader.words import number, place, plural

BREAK = "╳"

STATUS = {
    Status.PASSED: "passed",
    Status.FAILED: "failed",
    Status.CRASHED: "crashed",
    Status.TIMED_OUT: "timed out",
    Status.KILLED: "killed",
    Status.UNGRADABLE: "not graded",
    Status.ERROR: "grader error",
}
NOT_GRADED = (Status.UNGRADABLE, Status.ERROR)  # neither costs an attempt, so neither has a score to show

COMPARISON = {
    "ok": "right",
    "present": "present",
    "finite": "finite",
    "shaped": "of the right shape",
    "taped": "from a tape",
    "none": "no gradient",
    "zero": "all zeros",
    "nan": "not finite",
    "wrong": "wrong values",
    "missing": "missing",
    "shape": "wrong shape",
}

_KINDS = {"gradient": "tape.gradient", "jacobian": "tape.jacobian", "step": "the optimizer step"}
_ORDER = {"failed": 0, "error": 0, "skipped": 1, "passed": 2}


def heading(verdict: Verdict) -> str:
    """'02 Detached tensors'."""
    number, _, rest = verdict.exercise.partition("_")
    if not number.isdigit():
        return verdict.title or verdict.exercise or "Notebook"
    return f"{number} {verdict.title or rest.replace('_', ' ')}"


def order_checks(checks: Sequence[Check]) -> list[Check]:
    """What failed first, then what was skipped, then what is right; else as the exercise has them."""
    return sorted(checks, key=lambda check: _ORDER.get(check.status, 0))


def wrong_first(rows: Sequence[Comparison]) -> list[Comparison]:
    return sorted(rows, key=lambda row: row.fits)


def count_fitting(rows: Sequence[Comparison]) -> list[str]:
    """'2 other rows are right', by what was asked of them."""
    counts = Counter(COMPARISON[row.verdict] for row in rows if row.fits)
    return [f"{plural(count, 'other row')} {'is' if count == 1 else 'are'} {word}" for word, count in counts.items()]


def skip_reason(verdict: Verdict, check: Check) -> str:
    """The end of "skipped: ", or nothing where the check was not skipped."""
    if check.status != "skipped" or check.message:
        return check.message if check.status == "skipped" else ""
    needed = next((other for other in verdict.checks if other.id == check.depends_on), None)
    return f"needs “{needed.title}”" if needed else "the notebook did not get that far"


def whereabouts(verdict: Verdict, check: Check) -> str:
    """'GRAD002, cell 4, line 7' of the check's first finding; without one, the status of a check that did not pass."""
    if check.status == "skipped" or not check.findings:
        return "" if check.status == "passed" else check.status
    finding = verdict.findings[check.findings[0]]
    return ", ".join(part for part in (finding.code, place(finding.cell, finding.line)) if part)


def loose_findings(verdict: Verdict) -> list[Finding]:
    """Findings that belong to no check."""
    told = {index for check in verdict.checks for index in check.findings}
    return [finding for index, finding in enumerate(verdict.findings) if index not in told]


def stopped_cell(verdict: Verdict) -> Cell | None:
    """The cell that did not get to its end."""
    return next((cell for cell in verdict.cells if cell.status == "failed"), None)


def off_by(value: float | None) -> str:
    """A relative error as people read it: 'exact', '0.02 %', '35 %', '12×'."""
    if value is None:
        return "–"
    if not math.isfinite(value):
        return "not comparable"
    if value < 1e-6:
        return "exact"
    if value < 1e-4:
        return "under 0.01 %"
    if value < 10:
        return f"{number(float(f'{100 * value:.2g}'))} %"
    return f"{number(float(f'{value:.2g}'))}×"


def call_site(call: GradientCall) -> str:
    where = place(call.cell, call.line)
    return f"{_KINDS.get(call.kind, call.kind)} {f'in {where}' if where else 'inside a library'}"


def indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def path(nodes: Sequence[str]) -> str:
    """The text that stands for a drawn path."""
    if BREAK not in nodes:
        return f"From the loss backwards: {', '.join(nodes)}."
    where = list(nodes).index(BREAK)
    before, after = ", ".join(nodes[:where]), ", ".join(node for node in nodes[where + 1 :] if node != BREAK)
    return f"From the loss backwards: {before}. The path is cut here. Not reached: {after}."


def losses(values: Sequence[float], whose: str) -> str:
    """'Your loss goes from 1.2 to 1.19 in 60 steps: it hardly changes.'"""
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return f"{whose} loss is never a finite number."
    broken = next((step for step, value in enumerate(values, start=1) if not math.isfinite(value)), None)
    first, last = finite[0], finite[-1]
    sentence = f"{whose} loss goes from {first:.3g} to {last:.3g} in {plural(len(values), 'step')}"
    if broken:
        return f"{sentence}; at step {broken:,} it is not a finite number."
    return f"{sentence}: {_trend(first, last)}."


def _trend(first: float, last: float) -> str:
    change = (last - first) / (abs(first) or 1.0)
    if abs(change) < 0.02:
        return "it hardly changes"
    return f"it {'falls' if change < 0 else 'rises'} by {number(float(f'{100 * abs(change):.2g}'))} %"
