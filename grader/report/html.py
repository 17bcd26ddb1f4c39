"""One offline HTML file that tells a learner everything about one graded notebook. The page has no script and makes no
request, and each picture has a text that says the same. Jinja escapes all that it is given, and the page's own policy
forbids whatever might slip through."""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

import grader.words
from grader.model import CellError, Finding, Notes, Status, Verdict
from grader.report import charts, excerpt, words

CONTEXT = 12  # lines of code shown on either side of a culprit
WIDEST = 240
MOST_LINES = 120  # of a repaired cell

_EMPHASIS = re.compile(r"\*(\w(?:[^*]*\w)?)\*")
_TEMPLATES = Path(__file__).parent / "templates"


def render(verdict: Verdict, notes: Notes) -> str:
    stopped = words.stopped_cell(verdict)
    pairs = zip(notes.repaired, notes.solution, strict=False)
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            **facts(verdict, notes, CONTEXT, WIDEST),
            opening=excerpt.opening(stopped.source, 2 * CONTEXT, WIDEST) if stopped else (),
            chart=charts.loss_chart(verdict.losses, verdict.reference_losses),
            pairs=[_side_by_side(mine, theirs) for mine, theirs in pairs],
        )
    )


def facts(verdict: Verdict, notes: Notes, context: int, widest: int) -> dict[str, Any]:
    """What every page of a verdict is made from. `context`: lines of code around a culprit; `widest`: characters."""

    def code_of(place: Finding | CellError) -> tuple[excerpt.CodeLine, ...]:
        return excerpt.around(verdict.cells, place, context, widest)

    return {
        "verdict": verdict,
        "notes": notes,
        "graded": verdict.status not in words.NOT_GRADED,
        "passed": verdict.status is Status.PASSED,
        "checks": words.order_checks(verdict.checks),
        "stopped": words.stopped_cell(verdict),
        "loose": words.loose_findings(verdict),
        "code_of": code_of,
        "skip_reason": lambda check: words.skip_reason(verdict, check),
    }


@cache
def environment() -> Environment:
    """Finds the templates, and knows our filters and words."""
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(prose=_prose, authored=_authored)
    made.globals.update(words=words, everywhere=grader.words, charts=charts)
    return made


def _prose(text: str, between: Callable[[str], Markup] = escape) -> Markup:
    """A sentence in which `backticks` become code; what lies between the code is left to `between`."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:
        return between(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if index % 2 else between(piece) for index, piece in enumerate(pieces)
    )


def _authored(text: str) -> Markup:
    """A hint or a debrief: nothing of a learner's is in it, so *asterisks* are emphasis."""
    return _prose(text, lambda piece: Markup(_EMPHASIS.sub(r"<em>\1</em>", str(escape(piece)))))


def _side_by_side(mine: str, theirs: str) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
    """The lines of both, each with whether the other has it too."""
    left, right = _lines(mine), _lines(theirs)
    same = SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks()
    in_left = {match.a + step for match in same for step in range(match.size)}
    in_right = {match.b + step for match in same for step in range(match.size)}
    return (
        [(line, index in in_left) for index, line in enumerate(left)],
        [(line, index in in_right) for index, line in enumerate(right)],
    )


def _lines(source: str) -> list[str]:
    lines = [line[:WIDEST] for line in source.split("\n")]
    more = len(lines) - MOST_LINES
    return [*lines[:MOST_LINES], f"… {grader.words.plural(more, 'more line')}"] if more > 0 else lines
