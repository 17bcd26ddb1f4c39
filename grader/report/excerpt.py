"""The lines around a place in somebody's code, with the columns to underline. Each line is a `CodeLine` of bounded
length. What is hard is keeping the underlining right when tabs are expanded and when a long line is cut to the part
that matters. What is underlined is never cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from grader.model import Cell, CellError, Finding

TAB = 4
LONGEST_CULPRIT = 240  # characters of the culprit's line that are shown, if what is underlined needs no more


@dataclass(frozen=True, slots=True)
class CodeLine:
    number: int
    text: str
    culprit: bool = False
    start: int = 0  # of the underlined part of the culprit line
    end: int = 0

    @property
    def parts(self) -> tuple[str, str, str]:
        """Before, inside and after the underlined part."""
        return self.text[: self.start], self.text[self.start : self.end], self.text[self.end :]

    def part(self, begin: int, end: int) -> CodeLine:
        """A piece of the line, and what is underlined of it."""
        start, stop = (min(max(at, begin), end) - begin for at in (self.start, self.end))
        return replace(self, text=self.text[begin:end], start=start, end=stop)


def around(cells: Sequence[Cell], place: Finding | CellError, context: int, widest: int) -> tuple[CodeLine, ...]:
    """The culprit line and up to `context` lines on either side, which are no wider than `widest`; empty when the place
    has no line."""
    if place.line is None:
        return ()
    fallback = place.source if isinstance(place, Finding) else ""
    elsewhere = isinstance(place, Finding) and place.module
    lines = [] if elsewhere else source_of(cells, place.cell).split("\n")
    if not 1 <= place.line <= len(lines) or not lines[place.line - 1].strip():
        return (_culprit(place.line, fallback, None, None, _margin([fallback])),) if fallback else ()
    first, last = max(1, place.line - context), min(len(lines), place.line + context)
    while not lines[first - 1].strip():
        first += 1
    while not lines[last - 1].strip():
        last -= 1
    margin = _margin(lines[first - 1 : last])
    return tuple(
        _culprit(number, lines[number - 1], place.column, place.end_column, margin)
        if number == place.line
        else CodeLine(number, _clip(lines[number - 1].expandtabs(TAB).rstrip()[margin:], widest))
        for number in range(first, last + 1)
    )


def opening(source: str, most: int, widest: int) -> tuple[CodeLine, ...]:
    """The first lines of a cell, for when no line in it is known."""
    lines = source.rstrip().split("\n")[:most] if source.strip() else []
    return tuple(CodeLine(at, _clip(line.expandtabs(TAB).rstrip(), widest)) for at, line in enumerate(lines, start=1))


def source_of(cells: Sequence[Cell], cell: int | None) -> str:
    """The code of a cell; a program is the one cell that has no number."""
    return next((one.source for one in cells if one.number == cell or (cell is None and len(cells) == 1)), "")


def _margin(lines: list[str]) -> int:
    """The indentation that all lines share."""
    expanded = [line.expandtabs(TAB) for line in lines if line.strip()]
    return min(len(line) - len(line.lstrip()) for line in expanded)


def _culprit(number: int, raw: str, column: int | None, end_column: int | None, margin: int) -> CodeLine:
    indent, end = len(raw) - len(raw.lstrip()), len(raw.rstrip())
    start = column if column is not None and indent <= column < end else indent
    if column is not None and end_column is not None and start < end_column <= end:
        end = end_column
    before, marked = (len(raw[:at].expandtabs(TAB)) - margin for at in (start, end))
    line = CodeLine(number, raw.expandtabs(TAB).rstrip()[margin:], True, before, marked)
    widest = max(LONGEST_CULPRIT, line.end - line.start + 2)
    return line if len(line.text) <= widest else _window(line, widest)


def _window(line: CodeLine, widest: int) -> CodeLine:
    """The part of a long line that holds what is underlined."""
    if line.end <= widest - 1:
        return replace(line, text=_clip(line.text, widest))
    left = max(line.end - widest + 2, line.start - widest // 4)
    text = "…" + _clip(line.text[left:], widest - 1)
    return replace(line, text=text, start=line.start - left + 1, end=line.end - left + 1)


def _clip(text: str, widest: int) -> str:
    return text if len(text) <= widest else text[: widest - 1] + "…"
