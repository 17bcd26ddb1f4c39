"""A Diagnosis for people and for programs: text for a terminal, and one line of JSON as docs/doctor.md describes it."""

from __future__ import annotations

import json as standard_json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from grader.doctor.file import Diagnosis
from grader.report import clean
from grader.report.json import FORMAT_VERSION, finding
from grader.words import plural

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from grader.report.drawing import Signs

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
    }


def show(diagnosis: Diagnosis, console: Console) -> None:
    """Print to a terminal."""
    from grader.report import drawing

    shown = clean.tidy(diagnosis)
    drawing.show(lambda width, signs: _page(shown, width, signs), console)


def outcome(diagnosis: Diagnosis) -> str:
    """'healthy', '2 errors', 'timed out, 1 error'."""
    errors = sum(one.severity == "error" for one in diagnosis.findings)
    ended = [_ENDED[diagnosis.status]] if diagnosis.status in _ENDED else []
    if errors:
        return ", ".join([*ended, plural(errors, "error")])
    if not diagnosis.complete and not ended:
        return "not fully examined"
    return ended[0] if ended else "healthy" if diagnosis.healthy else "nothing to examine"


def _page(diagnosis: Diagnosis, width: int, signs: Signs) -> Iterator[Text]:
    from rich.text import Text

    from grader.report.drawing import Drawing

    drawing = Drawing(diagnosis.cells, width, signs)
    good = diagnosis.healthy or (diagnosis.healthy is None and diagnosis.status == "examined")
    sign = signs.passed if diagnosis.healthy else signs.skipped if good else signs.failed
    style = "green" if diagnosis.healthy else "" if good else "red"
    title = Text(f"{sign} ", style).append(diagnosis.file, "bold")
    yield drawing.spread(title, Text(outcome(diagnosis), f"bold {style}".strip()), 2)
    yield from drawing.indented(diagnosis.message, 2)
    error = diagnosis.error
    if error is not None and error.line is not None and (error.cell, error.line) not in _places(diagnosis):
        yield from drawing.code(error, 2)
    yield from drawing.indented(diagnosis.next_step, 2, "Next: ")
    for one in diagnosis.findings:
        yield Text()
        yield from drawing.finding(one, 2)


def _places(diagnosis: Diagnosis) -> set[tuple[int | None, int | None]]:
    return {(one.cell, one.line) for one in diagnosis.findings}
