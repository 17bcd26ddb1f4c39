"""A Result for people: text for a terminal, and a fragment of HTML for a notebook, in light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from grader.inprocess.conclusion import Result
from grader.model import Finding
from grader.report import clean, excerpt
from grader.words import plural

if TYPE_CHECKING:
    from rich.text import Text

    from grader.report.drawing import Drawing

CONTEXT, WIDEST = 3, 240  # of code, in HTML: lines around the culprit, and characters
TEMPLATE = Path(__file__).parent / "findings.html.j2"


def text(result: Result) -> str:
    from grader.report.drawing import UNICODE, WIDTH, Drawing, join_lines

    shown = clean.tidy(result)
    drawing = Drawing(shown.cells, WIDTH, UNICODE, labels=shown.labels)
    return join_lines(_page(shown, drawing)).rstrip("\n")


def html(result: Result) -> str:
    from grader.report.html import environment

    shown = clean.tidy(result)

    def code_of(finding: Finding) -> tuple[excerpt.CodeLine, ...]:
        return excerpt.around(shown.cells, finding, CONTEXT, WIDEST)

    template = environment().from_string(TEMPLATE.read_text("utf-8"))
    return template.render(result=shown, outcome=outcome(shown), sign=_sign(shown), code_of=code_of)


def outcome(result: Result) -> str:
    """'healthy', '2 errors', 'nothing to examine'."""
    errors = sum(finding.severity == "error" for finding in result.findings)
    if errors:
        return plural(errors, "error")
    return "healthy" if result.healthy else "nothing to examine"


def _page(result: Result, drawing: Drawing) -> Iterator[Text]:
    from rich.text import Text

    yield drawing.spread(Text(f"{_sign(result)} the doctor"), Text(outcome(result)), 2)
    yield from drawing.indented(result.message, 2)
    for finding in result.findings:
        yield Text()
        yield from drawing.finding(finding, 2)
    if result.limits:
        yield Text()
        yield from drawing.indented("What cannot be known of this block:", 2)
        for limit in result.limits:
            yield from drawing.indented(limit, 2, "• ")


def _sign(result: Result) -> str:
    return {True: "✓", False: "✗", None: "–"}[result.healthy]
