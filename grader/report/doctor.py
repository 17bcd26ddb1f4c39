"""A Diagnosis for people and for programs: text for a terminal, and one line of JSON as docs/doctor.md describes it."""

from __future__ import annotations

import json as standard_json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.doctor.file import Diagnosis
from grader.doctor.ledger import Row
from grader.model import CellError
from grader.report import clean
from grader.report.json import FORMAT_VERSION, finding
from grader.words import plural

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from grader.report.drawing import Drawing

MOST_ROWS = 8  # of the ledger that are shown; all are in the JSON
_ENDED = {"crashed": "stopped", "timed_out": "timed out", "killed": "killed", "unreadable": "not examined"}


def line(diagnosis: Diagnosis) -> str:
    """One line of JSON."""
    shown = clean.tidy(diagnosis)
    return standard_json.dumps(results(shown), ensure_ascii=False, allow_nan=False)


def results(diagnosis: Diagnosis) -> dict[str, Any]:
    return {
        "format_version": FORMAT_VERSION,
        "file": diagnosis.file,
        "status": diagnosis.status,
        "healthy": diagnosis.healthy,
        "examined": asdict(diagnosis.examined),
        "message": diagnosis.message,
        "findings": [finding(one) for one in diagnosis.findings],
        "ledger": [_row(row) for row in diagnosis.ledger],
    }


def _row(row: Row) -> dict[str, Any]:
    return {key: value for key, value in asdict(row).items() if key != "module" or value}


def show(diagnosis: Diagnosis, console: Console, plain: bool = False) -> None:
    """Print to a terminal; `plain` is for screen readers."""
    from grader.report import drawing, spoken

    shown = clean.tidy(diagnosis)
    if plain:
        spoken.show(_sentences(shown), console)
        return
    file = drawing.address(Path(diagnosis.file), console)
    drawing.show(lambda width, signs: _page(drawing.Drawing(shown.cells, width, signs, file), shown), console)


def outcome(diagnosis: Diagnosis) -> str:
    """'healthy', '2 errors', 'timed out, 1 error'."""
    errors = sum(one.severity == "error" for one in diagnosis.findings)
    ended = [_ENDED[diagnosis.status]] if diagnosis.status in _ENDED else []
    if errors:
        return ", ".join([*ended, plural(errors, "error")])
    if not diagnosis.complete and not ended:
        return "not fully examined"
    return ended[0] if ended else "healthy" if diagnosis.healthy else "nothing to examine"


def _page(drawing: Drawing, diagnosis: Diagnosis) -> Iterator[Text]:
    from rich.text import Text

    signs = drawing.signs
    good = diagnosis.healthy or (diagnosis.healthy is None and diagnosis.status == "examined")
    sign = signs.passed if diagnosis.healthy else signs.skipped if good else signs.failed
    style = "green" if diagnosis.healthy else "" if good else "red"
    title = Text(f"{sign} ", style).append(diagnosis.file, f"bold {drawing.link(drawing.file)}".rstrip())
    yield drawing.spread(title, Text(outcome(diagnosis), f"bold {style}".strip()), 2)
    yield from drawing.indented(diagnosis.message, 2)
    if error := _unexplained_error(diagnosis):
        yield from drawing.code(error, 2)
    yield from drawing.indented(diagnosis.next_step, 2, "Next: ")
    for one in diagnosis.findings:
        yield Text()
        yield from drawing.finding(one, 2)
    if rows := list(_unlearned(diagnosis)):
        yield Text()
        yield from drawing.indented("Variables that did not learn:", 2)
        for row in rows:
            yield from drawing.indented(_tell_row(row), 4)


def _unlearned(diagnosis: Diagnosis) -> Iterator[Row]:
    """Of the ledger what is worth a look: variables that were asked for a gradient, or given to an optimizer, and did
    not move; of a healthy program none."""
    idle = [row for row in diagnosis.ledger if (row.asked or row.steps) and not row.moved]
    yield from [] if diagnosis.healthy else idle[:MOST_ROWS]


def _tell_row(row: Row) -> str:
    """'dense/kernel (3, 1): 5 gradients, 5 of them None; 0 optimizer steps'."""
    kinds = {"None": row.none, "zero": row.zero, "not finite": row.not_finite}
    abnormal = "".join(f", {count:,} of them {kind}" for kind, count in kinds.items() if count)
    shape = f" {row.shape}" if row.shape else ""
    return f"{row.name}{shape}: {plural(row.asked, 'gradient')}{abnormal}; {plural(row.steps, 'optimizer step')}"


def _sentences(diagnosis: Diagnosis) -> Iterator[str]:
    from grader.report import spoken

    if error := _unexplained_error(diagnosis):
        yield from spoken.tell_place(diagnosis.cells, error)
    for one in diagnosis.findings:
        yield from spoken.tell_finding(diagnosis.cells, one)
    following = f"Next: {diagnosis.next_step}" if diagnosis.next_step else ""
    parts = (f"{diagnosis.file}: {outcome(diagnosis)}.", diagnosis.message, following)
    yield " ".join(" ".join(part.split()) for part in parts if part)


def _unexplained_error(diagnosis: Diagnosis) -> CellError | None:
    """Where the code stopped, if no finding is about that place."""
    error = diagnosis.error
    places = {(one.cell, one.line) for one in diagnosis.findings}
    return error if error and error.line is not None and (error.cell, error.line) not in places else None
