"""A verdict as text: for a terminal, and as plain text for files and for systems that show text. It draws a presentable
verdict as lines of rich Text. Compilers' messages are the model: what happened, the reader's own code with the culprit
underlined, why, what next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import Literal

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from grader.model import Check, Comparison, Notes, Status, Verdict
from grader.report import drawing, prose, words
from grader.report.drawing import UNICODE, WIDTH, Drawing, Signs, join_lines
from grader.words import out_of, plural

ROWS = 6  # of a comparisons table; the HTML report has them all
Part = Literal["all", "brief", "first problem", "sheet", "all below the title"]
_COLOUR = {"passed": "green", "failed": "red", "error": "red", "skipped": "dim"}


def plain(verdict: Verdict, notes: Notes, width: int = WIDTH) -> str:
    return join_lines(_Page(verdict, notes, width, UNICODE).report())


def plain_check(verdict: Verdict, check: Check, width: int = WIDTH) -> str:
    """What there is to say about one check, without its title."""
    page = _Page(verdict, Notes(), width, UNICODE)
    reason = words.skip_reason(verdict, check)
    return join_lines(page.indented(reason, 0, "Skipped: ") if reason else page.body(check, 0))


def show(verdict: Verdict, notes: Notes, console: Console, brief: bool = False) -> None:
    """Print to a terminal."""
    show_part(verdict, notes, console, "brief" if brief else "all")


def show_part(verdict: Verdict, notes: Notes, console: Console, part: Part) -> None:
    """Print a part of the report to a terminal."""
    files = drawing.address(notes.notebook, console), drawing.address(notes.report, console)

    def compose(width: int, signs: Signs) -> Iterator[Text]:
        page = _Page(verdict, notes, width, signs, *files)
        parts: dict[Part, Callable[[], Iterator[Text]]] = {
            "all": page.report,
            "brief": page.brief,
            "first problem": page.first_problem,
            "sheet": page.sheet,
            "all below the title": page.below_title,
        }
        return parts[part]()

    drawing.show(compose, console)


class _Page(Drawing):
    def __init__(
        self, verdict: Verdict, notes: Notes, width: int, signs: Signs, notebook: str = "", report: str = ""
    ) -> None:
        """`notebook` and `report`: addresses of the files, where the terminal can open them."""
        super().__init__(verdict.cells, width, signs, notebook)
        self.verdict, self.notes, self.report_address = verdict, notes, report

    def report(self) -> Iterator[Text]:
        yield self._title()
        yield from self.below_title()

    def below_title(self) -> Iterator[Text]:
        yield from self.indented(self.verdict.message, 0)
        if cell := words.stopped_cell(self.verdict):
            yield from self.stopped(cell)
        if self.verdict.checks:
            yield Text()
        told: set[int] = set()
        for reason, checks in groupby(
            words.order_checks(self.verdict.checks), partial(words.skip_reason, self.verdict)
        ):
            alike = list(checks)
            for check in alike:
                yield from self._check(check, told)
            yield from self.indented(reason, 3, "all skipped: " if len(alike) > 1 else "skipped: ", "dim")
        for finding in words.loose_findings(self.verdict):
            yield Text()
            yield from self.finding(finding, 1)
        yield from self._debrief()
        yield from self._footer()

    def brief(self) -> Iterator[Text]:
        yield self._title()
        yield from self.sheet()
        if self.verdict.status is not Status.PASSED:
            yield from self.indented(self.verdict.next_step or self.verdict.message, 0, "Next: ")

    def sheet(self) -> Iterator[Text]:
        """Every check in a line."""
        widest = max((len(out_of(check.points, check.max_points)) for check in self.verdict.checks), default=0)
        for check in words.order_checks(self.verdict.checks):
            line = Text(f" {self.signs.of(check.status)} ", _COLOUR.get(check.status, "red"))
            line.append(f"{out_of(check.points, check.max_points):>{widest}}  ")
            where = words.whereabouts(self.verdict, check)
            where = f" ({where})" if where else ""
            line.append(check.title)
            line.truncate(self.width - cell_len(where), overflow="ellipsis")
            yield line.append(where)

    def first_problem(self) -> Iterator[Text]:
        """What stopped the notebook, or the first check that fails."""
        failing = [check for check in self.verdict.checks if check.status not in ("passed", "skipped")]
        if cell := words.stopped_cell(self.verdict):
            yield from self.stopped(cell)
        elif failing:
            yield from self._check(failing[0], set())
        else:
            yield from self.indented(self.verdict.message, 0)
            yield from self.indented(self.verdict.next_step, 0, "Next: ")

    # --- parts of the page, top to bottom ---

    def _title(self) -> Text:
        status = self.verdict.status
        right = words.STATUS[status]
        if status not in words.NOT_GRADED:
            right = f"{out_of(self.verdict.score, self.verdict.max_score)} points   {right}"
        colour = "green" if status is Status.PASSED else "red"
        return self.spread(Text(words.heading(self.verdict), "bold"), Text(right, f"bold {colour}"))

    def _check(self, check: Check, told: set[int]) -> Iterator[Text]:
        style = _COLOUR.get(check.status, "red")
        left = Text(f" {self.signs.of(check.status)} ", style)
        left.append(check.title, "bold" if style == "red" else style)
        state = "" if check.status == "passed" else f"{check.status}  "
        yield self.spread(left, Text(f"{state}{out_of(check.points, check.max_points)}", style), 3)
        if check.status not in ("passed", "skipped"):
            yield from self.body(check, 3, told)
            yield Text()

    def body(self, check: Check, indent: int, told: set[int] | None = None) -> Iterator[Text]:
        """Why a check is as it is: message, table, findings (each told in full only once)."""
        told = set() if told is None else told
        yield from self.indented(check.message, indent)
        yield from self._comparisons(check.comparisons, indent)
        for path in check.paths:
            yield Text()
            yield from self.path(path, indent)
        for index in check.findings:
            finding = self.verdict.findings[index]
            yield Text()
            if index in told:
                yield from self.indented(f"{finding.code}, see above: {finding.message}", indent)
            else:
                yield from self.finding(finding, indent)
            told.add(index)

    def _comparisons(self, rows: Sequence[Comparison], indent: int) -> Iterator[Text]:
        wrong = [row for row in rows if not row.fits]
        if not wrong:
            return
        shown = wrong[:ROWS]
        table = [("", "got", "expected", "off by")]
        table += [(row.name, row.got, row.expected, words.off_by(row.off_by)) for row in shown]
        if all(row.off_by is None for row in shown):
            table = [(*line[:3], "") for line in table]
        widths = [max(cell_len(line[column]) for line in table) for column in range(4)]
        spare = self.width - indent - widths[3] - 6
        widths[0] = min(widths[0], max(4, int(spare * 0.4)))  # a long name may not push the numbers off the page
        spare -= widths[0]
        widths[2] = min(widths[2], max(4, spare // 2, spare - widths[1]))
        widths[1] = min(widths[1], max(4, spare - widths[2]))
        yield Text()
        for line in table:
            cells = "  ".join(_fitted(cell, width) for cell, width in zip(line, widths, strict=True))
            yield Text(" " * indent + cells.rstrip(), "dim" if line is table[0] else "")
        more = len(wrong) - len(shown)
        rest = [plural(more, "more row") + " in the full report"] if more else []
        rest += words.count_fitting(rows)
        yield from self.indented(f"({'; '.join(rest)})" if rest else "", indent, style="dim")

    def _debrief(self) -> Iterator[Text]:
        if self.notes.debrief:
            yield Text()
            yield Text("What was wrong, and how it shows up in practice", "bold")
        for bug in self.notes.debrief:
            yield from self.indented(f"{bug.title} ({bug.code})", 0, " * ", "bold")
            for line in prose.lines(bug.debrief, self.width - 3):
                yield Text("   ").append(line)

    def _footer(self) -> Iterator[Text]:
        yield Text()
        if self.notes.hints:
            yield Text(f"Hints seen: {len(self.notes.hints)}")
        if self.verdict.next_step not in {finding.next_step for finding in self.verdict.findings}:
            yield from self.indented(self.verdict.next_step, 0, "Next: ")
        if self.notes.report:
            yield Text("Full report: ").append(str(self.notes.report), self.link(self.report_address))


def _fitted(value: str, width: int) -> str:
    return set_cell_size(value if cell_len(value) <= width else set_cell_size(value, width - 1) + "…", width)
