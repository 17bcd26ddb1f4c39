"""What reports on a terminal are made of: wrapped text, somebody's code with the culprit underlined, findings and the
path of a gradient. It draws presentable data as lines of rich Text. Everything must read well at 80 columns, without
colour and in ASCII, so layout is done here line by line, in cells of the terminal (a Chinese character takes two), and
colour only repeats what words say."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

from rich.cells import cell_len, chop_cells
from rich.console import Console
from rich.text import Text

from grader.course.notebook import Notebook
from grader.model import Cell, CellError, Finding
from grader.report import clean, excerpt, words
from grader.words import place

WIDTH = 80  # of plain text, and the most that a terminal is given: longer lines are tiring
NARROWEST = 40
CONTEXT = 2  # lines of code around the culprit
LONGEST_LABEL = len("cell 12")
CODE_MARGIN = 22  # at most what stands before a line of code: indentation, "cell 12", the bar and a line number
_ASCII = str.maketrans(
    {"…": "...", "“": '"', "”": '"', "’": "'", "×": "x", "╳": "X", "│": "|"}
    | dict.fromkeys("–─•·", "-")
    | {"↑": "^", "↓": "v"}
)


class Signs(NamedTuple):
    """What stands before a check, and what draws code and paths."""

    passed: str = "✓"
    failed: str = "✗"
    skipped: str = "–"
    bar: str = "│"
    dash: str = "─"
    broken: str = "╳"
    begun: str = "·"

    def of(self, status: str) -> str:
        return {"passed": self.passed, "skipped": self.skipped}.get(status, self.failed)


UNICODE = Signs()
ASCII = Signs("+", "x", "-", "|", "-", "X", "-")


@dataclass
class Drawing:
    """Draws places in these cells for a terminal of this width."""

    cells: Sequence[Cell]
    width: int
    signs: Signs
    file: str = ""  # the address of the file that holds the cells, where the terminal can open it
    labels: Mapping[int | None, str] = field(default_factory=dict)  # of cells that have a name instead of a number

    def finding(self, finding: Finding, indent: int) -> Iterator[Text]:
        severity = "Note: " if finding.severity == "note" else ""
        yield from self.indented(f"{severity}{finding.message}", indent, f"{finding.code}  ", "bold")
        yield from self.code(finding, indent, finding.operation)
        yield from self.path(finding.path, indent)
        yield from self.indented(finding.next_step, indent, "Next: ")

    def code(self, place: Finding | CellError, indent: int, remark: str = "") -> Iterator[Text]:
        module = place.module if isinstance(place, Finding) else ""
        label = module or self.labels.get(place.cell) or (f"cell {place.cell}" if place.cell is not None else "line")
        widest = self.width - CODE_MARGIN - max(0, len(label) - LONGEST_LABEL)
        lines = excerpt.around(self.cells, place, CONTEXT, widest)
        yield from self._lines(lines, indent, label, remark)

    def _lines(self, lines: Sequence[excerpt.CodeLine], indent: int, label: str, remark: str = "") -> Iterator[Text]:
        if not lines:
            return
        gutter = indent + 2 + len(label) + 1
        digits = len(str(lines[-1].number))
        margin = f"{'':<{gutter}}{self.signs.bar} {'':>{digits}}   "
        yield Text()
        for index, line in enumerate(lines):
            head = Text(" " * (indent + 2) + label, "dim") if index == 0 else Text()
            head.stylize(self.link(self.file), indent + 2)
            head.append(f"{'':<{gutter - len(head)}}{self.signs.bar} {line.number:>{digits}}   ", "dim")
            pieces = _pieces(line, self.width - len(margin))
            underlined = [piece for piece in pieces if piece.parts[1]]
            for piece in pieces:
                text = head if piece is pieces[0] else Text(margin, "dim")
                before, inside, after = piece.parts
                text.append(before, "none").append(inside, "bold red").append(after, "none")
                text.rstrip()
                yield text
                if inside:
                    yield from self._underlined(piece, margin, remark if piece is underlined[-1] else "")
        yield Text()

    def _underlined(self, line: excerpt.CodeLine, margin: str, remark: str) -> Iterator[Text]:
        before, inside, _ = line.parts
        left = len(margin) + cell_len(before)
        marks = "^" * cell_len(inside)
        fits = left + len(marks) + 1 + cell_len(remark) <= self.width
        yield (
            Text(margin, "dim")
            .append(" " * cell_len(before))
            .append(f"{marks} {remark}".rstrip() if fits else marks, "red")
        )
        if remark and not fits:
            aligned = min(left, max(len(margin), self.width - cell_len(remark))) - len(margin)
            for part in chop_cells(remark, self.width - len(margin)):
                yield Text(margin, "dim").append(" " * aligned + part, "red")

    @staticmethod
    def link(address: str) -> str:
        """The style of a text that opens a file; none where there is no address."""
        return f"link {address}" if address else ""

    def path(self, nodes: Sequence[str], indent: int) -> Iterator[Text]:
        if not nodes:
            return
        dash, broken = self.signs.dash, self.signs.broken
        drawn = f" {dash} ".join(nodes).replace(f" {dash} {words.BREAK} {dash} ", f" {dash}{broken}{dash} ")
        yield from self.indented(drawn, indent + 2, style="cyan")
        yield Text()

    def stopped(self, cell: Cell) -> Iterator[Text]:
        error = cell.error or CellError("", "", cell.number)
        where = place(error.cell, error.line) or f"cell {cell.number}"
        during = f" (called from cell {cell.number})" if error.cell not in (None, cell.number) else ""
        yield Text()
        yield from self.indented(f"Stopped in {where}{during}:", 1, style="bold red")
        yield from self.indented(": ".join(part for part in (error.type, error.message) if part), 3)
        if error.line is not None:
            yield from self.code(error, 3)
        else:
            lines = excerpt.opening(cell.source, 2 * CONTEXT + 2, self.width - CODE_MARGIN)
            yield from self._lines(lines, 3, f"cell {cell.number}")

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

    def spread(self, left: Text, right: Text, indent: int = 0) -> Text:
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


Compose = Callable[[int, Signs], Iterator[Text]]


def show_findings(findings: Sequence[Finding], notebook: Notebook | None, console: Console) -> None:
    """Print findings in a notebook to a terminal; the notebook may be gone."""

    def compose(width: int, signs: Signs) -> Iterator[Text]:
        page = Drawing(cells_of(notebook), width, signs, address(Path(notebook.name), console) if notebook else "")
        for finding in findings:
            yield Text()
            yield from page.finding(clean.tidy(finding), 1)

    show(compose, console)


def cells_of(notebook: Notebook | None) -> list[Cell]:
    """The cells of a notebook that was not run."""
    sources = enumerate(notebook.cells if notebook else (), start=1)
    return [clean.tidy(Cell(number, source, "ok")) for number, source in sources]


def address(path: Path | None, console: Console) -> str:
    """Where a hyperlink to the file leads; nothing where none can be shown.

    Rich links on any terminal with colours, as most terminals ignore what they don't know. The Linux console does not,
    a file or a pipe is no terminal though colours may be forced on it, and over ssh the file is on another machine.
    """
    can_link = console.is_terminal and console.file.isatty() and os.environ.get("TERM") != "linux"
    return path.absolute().as_uri() if path and can_link and "SSH_CONNECTION" not in os.environ else ""


def as_lines(sentences: Iterable[str]) -> Iterator[Text]:
    return (Text(sentence) for sentence in sentences)


def show(compose: Compose, console: Console) -> None:
    """Print to a terminal what is composed for its width. Colours, NO_COLOR and redirection are rich's business; the
    signs are ours."""
    width = max(NARROWEST, min(console.width, WIDTH))
    if _can_print("".join(UNICODE), console.encoding):
        lines, spelt = compose(width, UNICODE), _as_it_is
    else:
        lines, spelt = compose(width - 4, ASCII), _in_ascii
    for line in without_gaps(lines):
        console.print(spelt(line), soft_wrap=True, highlight=False)


def _pieces(line: excerpt.CodeLine, room: int) -> list[excerpt.CodeLine]:
    """The culprit's line in pieces that fit, broken at spaces where there are any; another line fits as it is."""
    pieces, begin = [], 0
    while line.culprit and cell_len(line.text[begin:]) > room:
        piece = chop_cells(line.text[begin:], room)[0]
        space = piece.rfind(" ") + 1
        end = begin + (space if space > len(piece) // 2 else len(piece))
        pieces.append(line.part(begin, end))
        begin = end
    return [*pieces, line.part(begin, len(line.text))]


@cache
def _ruler(width: int) -> Console:
    """Rich wraps text only for a console; this one is never printed to."""
    return Console(file=io.StringIO(), width=width)


def without_gaps(lines: Iterator[Text]) -> Iterator[Text]:
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


def join_lines(lines: Iterator[Text]) -> str:
    return "".join(f"{line.plain.rstrip()}\n" for line in without_gaps(lines))


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
