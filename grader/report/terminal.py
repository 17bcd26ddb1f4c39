"""A verdict as text: for a terminal, and as plain text for files and for systems that show text. A presentable
verdict comes in; lines of rich Text go out. Compilers' messages are the model: what happened, the reader's own code
with the culprit underlined, why, what next. Everything must read well at 80 columns, without colour and in ASCII, so
layout is done here line by line, in cells of the terminal (a Chinese character takes two), and colour only repeats
what words say."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import groupby
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from grader.model import Cell, CellError, Check, Comparison, Finding, Notes, Status, Verdict
from grader.report import excerpt, words

WIDTH = 80  # of plain text, and the most that a terminal is given: longer lines are tiring
NARROWEST = 40
ROWS = 6  # of a comparisons table; the HTML report has them all
CONTEXT = 2  # lines of code around the culprit
CODE_MARGIN = 22  # at most what stands before a line of code: indentation, "cell 12", the bar and a line number
_COLOUR = {"passed": "green", "failed": "red", "error": "red", "skipped": "dim"}
_ASCII = str.maketrans({"…": "...", "“": '"', "”": '"', "’": "'", "×": "x", "–": "-", "╳": "X", "─": "-", "│": "|"})


class Signs(NamedTuple):
    """What stands before a check, and what draws code and paths."""

    passed: str = "✓"
    failed: str = "✗"
    skipped: str = "–"
    bar: str = "│"
    dash: str = "─"
    broken: str = "╳"

    def of(self, status: str) -> str:
        return {"passed": self.passed, "skipped": self.skipped}.get(status, self.failed)


UNICODE = Signs()
ASCII = Signs("+", "x", "-", "|", "-", "X")


def plain(verdict: Verdict, notes: Notes, width: int = WIDTH) -> str:
    return _joined(_Page(verdict, notes, width, UNICODE).report())


def plain_check(verdict: Verdict, check: Check, width: int = WIDTH) -> str:
    """What there is to say about one check, without its title."""
    page = _Page(verdict, Notes(), width, UNICODE)
    reason = words.skip_reason(verdict, check)
    return _joined(page.indented(reason, 0, "Skipped: ") if reason else page.body(check, 0))


def show(verdict: Verdict, notes: Notes, console: Console, brief: bool = False) -> None:
    """Print to a terminal. Colours, NO_COLOR and redirection are rich's business; the signs are ours."""
    width = max(NARROWEST, min(console.width, WIDTH))
    if _can_print("".join(UNICODE), console.encoding):
        page, spelt = _Page(verdict, notes, width, UNICODE), _as_it_is
    else:
        page, spelt = _Page(verdict, notes, width - 4, ASCII), _in_ascii
    for line in _spaced(page.brief() if brief else page.report()):
        console.print(spelt(line), soft_wrap=True, highlight=False)


@dataclass
class _Page:
    verdict: Verdict
    notes: Notes
    width: int
    signs: Signs

    def report(self) -> Iterator[Text]:
        yield from self._header()
        if cell := words.stopped_cell(self.verdict):
            yield from self._stopped(cell)
        if self.verdict.checks:
            yield Text()
        told: set[int] = set()
        for reason, checks in groupby(words.ordered(self.verdict.checks), partial(words.skip_reason, self.verdict)):
            alike = list(checks)
            for check in alike:
                yield from self._check(check, told)
            yield from self.indented(reason, 3, "all skipped: " if len(alike) > 1 else "skipped: ", "dim")
        for finding in words.loose_findings(self.verdict):
            yield Text()
            yield from self._finding(finding, 1)
        yield from self._debrief()
        yield from self._footer()

    def brief(self) -> Iterator[Text]:
        yield self._title()
        for check in words.ordered(self.verdict.checks):
            line = Text(f" {self.signs.of(check.status)} ", _COLOUR.get(check.status, "red"))
            line.append(f"{words.points(check.points, check.max_points):>7}  ")
            where = self._where(check)
            line.append(check.title)
            line.truncate(self.width - cell_len(where), overflow="ellipsis")
            yield line.append(where)
        if self.verdict.status is not Status.PASSED:
            yield from self.indented(self.verdict.next_step or self.verdict.message, 0, "Next: ")

    # --- parts of the page, top to bottom ---

    def _title(self) -> Text:
        status = self.verdict.status
        right = words.STATUS[status]
        if status not in words.NOT_GRADED:
            right = f"{words.points(self.verdict.score, self.verdict.max_score)} points   {right}"
        colour = "green" if status is Status.PASSED else "red"
        return self._spread(Text(words.heading(self.verdict), "bold"), Text(right, f"bold {colour}"))

    def _header(self) -> Iterator[Text]:
        yield self._title()
        yield from self.indented(self.verdict.message, 0)

    def _stopped(self, cell: Cell) -> Iterator[Text]:
        error = cell.error or CellError("", "", cell.number)
        where = words.place(error.cell, error.line) or f"cell {cell.number}"
        during = f" (called from cell {cell.number})" if error.cell not in (None, cell.number) else ""
        yield Text()
        yield from self.indented(f"Stopped in {where}{during}:", 1, style="bold red")
        yield from self.indented(": ".join(part for part in (error.type, error.message) if part), 3)
        if error.line is not None:
            yield from self._code(error, 3)
        else:
            lines = excerpt.opening(cell.source, 2 * CONTEXT + 2, self.width - CODE_MARGIN)
            yield from self._lines(lines, 3, f"cell {cell.number}")

    def _check(self, check: Check, told: set[int]) -> Iterator[Text]:
        style = _COLOUR.get(check.status, "red")
        left = Text(f" {self.signs.of(check.status)} ", style)
        left.append(check.title, "bold" if style == "red" else style)
        state = "" if check.status == "passed" else f"{check.status}  "
        yield self._spread(left, Text(f"{state}{words.points(check.points, check.max_points)}", style), 3)
        if check.status not in ("passed", "skipped"):
            yield from self.body(check, 3, told)
            yield Text()

    def body(self, check: Check, indent: int, told: set[int] | None = None) -> Iterator[Text]:
        """Why a check is as it is: message, table, findings (each told in full only once)."""
        told = set() if told is None else told
        yield from self.indented(check.message, indent)
        yield from self._comparisons(check.comparisons, indent)
        for index in check.findings:
            finding = self.verdict.findings[index]
            yield Text()
            if index in told:
                yield from self.indented(f"{finding.code}, see above: {finding.message}", indent)
            else:
                yield from self._finding(finding, indent)
            told.add(index)

    def _comparisons(self, rows: Sequence[Comparison], indent: int) -> Iterator[Text]:
        wrong = [row for row in rows if row.verdict != "ok"]
        if not wrong:
            return
        shown = wrong[:ROWS]
        table = [("", "got", "expected", "off by")]
        table += [(row.name, row.got, row.expected, words.off_by(row.off_by)) for row in shown]
        if all(row.off_by is None for row in shown):
            table = [(*line[:3], "") for line in table]
        widths = [max(cell_len(line[column]) for line in table) for column in range(4)]
        spare = self.width - indent - widths[3] - 6
        for column, share in ((0, 0.4), (1, 0.5), (2, 1.0)):  # a long name may not push the numbers off the page
            widths[column] = min(widths[column], max(4, int(spare * share)))
            spare -= widths[column]
        yield Text()
        for line in table:
            cells = "  ".join(_fitted(cell, width) for cell, width in zip(line, widths, strict=True))
            yield Text(" " * indent + cells.rstrip(), "dim" if line is table[0] else "")
        right, more = len(rows) - len(wrong), len(wrong) - len(shown)
        rest = [words.plural(more, "more row") + " in the full report"] if more else []
        rest += [words.plural(right, "other row") + (" is right" if right == 1 else " are right")] if right else []
        yield from self.indented(f"({'; '.join(rest)})" if rest else "", indent, style="dim")

    def _finding(self, finding: Finding, indent: int) -> Iterator[Text]:
        severity = "Note: " if finding.severity == "note" else ""
        yield from self.indented(f"{severity}{finding.message}", indent, f"{finding.code}  ", "bold")
        yield from self._code(finding, indent, finding.operation)
        yield from self._path(finding.path, indent)
        yield from self.indented(finding.next_step, indent, "Next: ")

    def _code(self, place: Finding | CellError, indent: int, remark: str = "") -> Iterator[Text]:
        label = f"cell {place.cell}" if place.cell is not None else "line"
        lines = excerpt.around(self.verdict, place, CONTEXT, self.width - CODE_MARGIN)
        yield from self._lines(lines, indent, label, remark)

    def _lines(self, lines: Sequence[excerpt.CodeLine], indent: int, label: str, remark: str = "") -> Iterator[Text]:
        if not lines:
            return
        gutter = indent + 2 + len(label) + 1
        digits = len(str(lines[-1].number))
        yield Text()
        for index, line in enumerate(lines):
            head = " " * (indent + 2) + label if index == 0 else ""
            text = Text(f"{head:<{gutter}}{self.signs.bar} {line.number:>{digits}}   ", "dim")
            before, inside, after = line.parts
            text.append(before, "none").append(inside, "bold red").append(after, "none")
            text.rstrip()
            yield text
            if line.culprit:
                yield from self._underlined(line, gutter, digits, remark)
        yield Text()

    def _underlined(self, line: excerpt.CodeLine, gutter: int, digits: int, remark: str) -> Iterator[Text]:
        before, inside, _ = line.parts
        margin = f"{'':<{gutter}}{self.signs.bar} {'':>{digits}}   "
        left = len(margin) + cell_len(before)
        marks = "^" * max(1, cell_len(inside))
        fits = left + len(marks) + 1 + cell_len(remark) <= self.width
        yield (
            Text(margin, "dim")
            .append(" " * cell_len(before))
            .append(f"{marks} {remark}".rstrip() if fits else marks, "red")
        )
        if remark and not fits:
            aligned = min(left, max(len(margin), self.width - cell_len(remark))) - len(margin)
            yield Text(margin, "dim").append((" " * aligned + remark)[: self.width - len(margin)], "red")

    def _path(self, nodes: Sequence[str], indent: int) -> Iterator[Text]:
        if not nodes:
            return
        dash, broken = self.signs.dash, self.signs.broken
        drawn = f" {dash} ".join(nodes).replace(f" {dash} {words.BREAK} {dash} ", f" {dash}{broken}{dash} ")
        yield from self.indented(drawn, indent + 2, style="cyan")
        yield Text()

    def _debrief(self) -> Iterator[Text]:
        if self.notes.debrief:
            yield Text()
            yield Text("What was wrong, and how it shows in real life", "bold")
        for bug in self.notes.debrief:
            yield from self.indented(f"{bug.title} ({bug.code})", 0, " * ", "bold")
            yield from self.indented(bug.debrief, 3)

    def _footer(self) -> Iterator[Text]:
        yield Text()
        if self.notes.hints:
            yield Text(f"Hints seen: {len(self.notes.hints)}")
        if self.verdict.next_step not in {finding.next_step for finding in self.verdict.findings}:
            yield from self.indented(self.verdict.next_step, 0, "Next: ")
        if self.notes.report:
            yield Text(f"Full report: {self.notes.report}")

    # --- layout ---

    def indented(self, content: str, indent: int, prefix: str = "", style: str = "") -> Iterator[Text]:
        """`content` in paragraphs, each line indented; `prefix` stands before the first."""
        if not content:
            return
        room = self.width - indent - len(prefix)
        for index, line in enumerate(Text(content, style).wrap(_ruler(self.width), max(16, room), tab_size=4)):
            line.rstrip()
            lead = prefix if index == 0 else " " * len(prefix)
            yield Text(" " * indent).append(lead, style).append(line) if line.plain else Text()

    def _spread(self, left: Text, right: Text, indent: int = 0) -> Text:
        """`left` and `right` at the two margins; a long `left` is wrapped beside `right`."""
        room = max(16, self.width - cell_len(right.plain) - 2)
        lines = left.wrap(_ruler(self.width), room)
        for line in lines:
            line.rstrip()
        first = lines[0]
        page = first.copy().append(" " * (self.width - cell_len(first.plain) - cell_len(right.plain))).append(right)
        for line in lines[1:]:
            page.append("\n" + " " * indent).append(line)
        return page

    def _where(self, check: Check) -> str:
        if check.status == "skipped" or not check.findings:
            return "" if check.status == "passed" else f" ({check.status})"
        finding = self.verdict.findings[check.findings[0]]
        return f" ({', '.join(part for part in (finding.code, words.place(finding.cell, finding.line)) if part)})"


@cache
def _ruler(width: int) -> Console:
    """Rich wraps text only for a console; this one is never printed to."""
    return Console(file=io.StringIO(), width=width)


def _fitted(value: str, width: int) -> str:
    return set_cell_size(value if cell_len(value) <= width else set_cell_size(value, width - 1) + "…", width)


def _spaced(lines: Iterator[Text]) -> Iterator[Text]:
    """The lines without empty ones at the top, at the end and in a row."""
    begun = waiting = False
    for line in lines:
        if not line.plain.strip():
            waiting = begun
            continue
        if waiting:
            yield Text()
        yield line
        begun, waiting = True, False


def _joined(lines: Iterator[Text]) -> str:
    return "".join(f"{line.plain.rstrip()}\n" for line in _spaced(lines))


def _can_print(signs: str, encoding: str) -> bool:
    try:
        signs.encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def _as_it_is(line: Text) -> Text:
    return line


def _in_ascii(line: Text) -> Text:
    """`line` for a terminal that has nothing else. It gets a little longer, and loses its colours: they mark places."""
    return Text(line.plain.translate(_ASCII).encode("ascii", errors="replace").decode("ascii"))
