"""Which lines are shown around a place, and which columns are underlined."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.model import Cell, Finding, Verdict
from grader.report import excerpt

from . import factories


def verdict(source: str) -> Verdict:
    return replace(factories.failed(), cells=(Cell(4, source, "ok"),))


def at(line: int | None, column: int | None = None, end: int | None = None, source: str = "") -> Finding:
    return replace(factories.failed().findings[0], line=line, column=column, end_column=end, source=source)


def underlined(lines: tuple[excerpt.CodeLine, ...]) -> str:
    return next(line.parts[1] for line in lines if line.culprit)


@pytest.mark.parametrize(
    ("source", "column", "end", "expected"),
    [
        ("y = f(x)", 4, 8, "f(x)"),
        ("    y = f(x)", 8, 12, "f(x)"),
        ("\ty = f(x)", 5, 9, "f(x)"),
        ("y\t=\tf(x)", 4, 8, "f(x)"),
        ("y = f(x)  ", 4, None, "f(x)"),
        ("    y = f(x)", None, None, "y = f(x)"),
        ("y = f(", 4, 2, "f("),  # an expression that ends on another line
        ("y = f(x)", 70, 80, "y = f(x)"),  # columns of some other text
    ],
)
def test_the_underlined_columns(source: str, column: int | None, end: int | None, expected: str) -> None:
    assert underlined(excerpt.around(verdict(source).cells, at(1, column, end), 2, 100)) == expected


def test_context_stops_at_the_cell_and_leaves_out_empty_ends_and_common_indentation() -> None:
    source = "    a\n\n\n    b\n      c\n\n"
    lines = excerpt.around(verdict(source).cells, at(4), 2, 100)
    assert [(line.number, line.text) for line in lines] == [(4, "b"), (5, "  c")]


def test_a_long_line_is_cut_to_the_part_that_matters() -> None:
    source = "total = " + " + ".join(f"term_{n:03}" for n in range(60)) + " + culprit()" + " + more" * 60
    column = source.index("culprit()")
    (line,) = excerpt.around(verdict(source).cells, at(1, column, column + 9), 2, 60)
    assert len(line.text) <= excerpt.LONGEST_CULPRIT and line.parts[1] == "culprit()"
    assert line.text.startswith("…") and line.text.endswith("…")


@pytest.mark.parametrize("before", ["x = ", "x = 1; " * 60])
@pytest.mark.parametrize("after", ["", "  # more" * 50])
def test_what_is_underlined_is_never_cut(before: str, after: str) -> None:
    culprit = "f(" + "a, " * 120 + ")"
    source = before + culprit + after
    (line,) = excerpt.around(verdict(source).cells, at(1, len(before), len(before + culprit)), 2, 50)
    assert line.parts[1] == culprit and len(line.text) <= len(culprit) + 2 + len(before) % 7


def test_without_the_cell_the_findings_own_line_is_shown() -> None:
    (line,) = excerpt.around(verdict("").cells, at(7, 4, 8, "    y = f(x)"), 2, 100)
    assert (line.number, line.text, line.culprit) == (7, "y = f(x)", True)


def test_a_place_without_a_line_or_beyond_the_cell_shows_nothing() -> None:
    assert excerpt.around(verdict("a = 1").cells, at(None), 2, 100) == ()
    assert excerpt.around(verdict("a = 1").cells, at(9), 2, 100) == ()
    assert excerpt.opening("  \n ", 5, 80) == ()
