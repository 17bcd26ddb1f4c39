"""A verdict as sentences, for screen readers (`--plain`): no columns, carets, signs or drawings. A place is told by its
line and columns, counted from 1 as editors do, and the marked code is quoted. Each sentence is one line, which the
terminal may wrap. The last line says in one sentence what came of it, so that it is found at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby

from rich.console import Console

from grader.course.notebook import Notebook
from grader.model import Cell, CellError, Check, Comparison, Finding, Notes, Verdict
from grader.report import clean, drawing, excerpt, prose, words
from grader.words import place, plural, score_in_words

ROWS = 6  # of a comparisons table; the HTML report has them all
_ONE_LINE = 1_000_000  # columns: the terminal wraps


def show(sentences: Iterable[str], console: Console) -> None:
    """Print them to a terminal."""
    drawing.show(lambda _width, _signs: drawing.as_lines(sentences), console)


def report(verdict: Verdict, notes: Notes, brief: bool = False) -> Iterator[str]:
    """`brief`: one sentence a check."""
    told: set[int] = set()
    if cell := words.stopped_cell(verdict):
        yield from _stopped(verdict.cells, cell)
    for reason, checks in groupby(words.order_checks(verdict.checks), partial(words.skip_reason, verdict)):
        alike = list(checks)
        for check in alike:
            where = words.whereabouts(verdict, check) if brief and check.findings else ""
            yield _heading(check) + (f" ({where})" if where else "")
            if not brief and check.status not in ("passed", "skipped"):
                yield from _check(verdict, check, told)
        if reason and not brief:
            yield f"{'All skipped' if len(alike) > 1 else 'Skipped'}: {reason}."
    if not brief:
        for finding in words.loose_findings(verdict):
            yield from tell_finding(verdict.cells, finding)
        for bug in notes.debrief:
            yield f"What was wrong: {bug.title} ({bug.code})."
            yield from (line.plain for line in prose.lines(bug.debrief, _ONE_LINE))
        if notes.hints:
            yield f"Hints seen: {len(notes.hints)}"
        if notes.report:
            yield f"Full report: {notes.report}"
    yield summary(verdict)


def summary(verdict: Verdict) -> str:
    """'02 Detached tensors: failed, 2 of 10 points. 2 of 5 checks failed; ... Next: ...'."""
    score = "" if verdict.status in words.NOT_GRADED else f", {score_in_words(verdict.score, verdict.max_score)}"
    following = f"Next: {verdict.next_step}" if verdict.next_step else ""
    sentences = (f"{words.heading(verdict)}: {words.STATUS[verdict.status]}{score}.", verdict.message, following)
    return " ".join(" ".join(sentence.split()) for sentence in sentences if sentence)


def tell_findings(findings: Sequence[Finding], notebook: Notebook | None) -> Iterator[str]:
    """Findings in a notebook, which may be gone."""
    for finding in findings:
        yield from tell_finding(drawing.cells_of(notebook), clean.tidy(finding))


def tell_finding(cells: Sequence[Cell], finding: Finding) -> Iterator[str]:
    note = "Note: " if finding.severity == "note" else ""
    yield f"{finding.code}: {note}{finding.message}"
    yield from tell_place(cells, finding)
    if finding.path:
        yield words.path(finding.path)
    if finding.next_step:
        yield f"Next: {finding.next_step}"


def tell_place(cells: Sequence[Cell], where: Finding | CellError) -> Iterator[str]:
    """'Cell 4, line 7, columns 14 to 27: hidden.numpy()', and the whole line."""
    culprit = next((line for line in excerpt.around(cells, where, 0, 1) if line.culprit), None)
    named = place(where.cell, where.line)
    if isinstance(where, Finding) and where.module:
        named = f"{where.module}, {named}"
    if culprit is None:
        if named:
            yield f"{named.capitalize()}."
        return
    marked, line = culprit.parts[1], culprit.text.strip()
    if marked.strip() == line:
        yield f"{named.capitalize()}: {line}"
        return
    columns = _columns(where) if where.column is not None else ""
    yield f"{named.capitalize()}{columns}: {marked}"
    yield f"The whole line: {line}"


def _columns(where: Finding | CellError) -> str:
    assert where.column is not None
    if where.end_column is None or where.end_column <= where.column + 1:
        return f", column {where.column + 1}"
    return f", columns {where.column + 1} to {where.end_column}"


def _heading(check: Check) -> str:
    return f"{check.status.capitalize()}, {score_in_words(check.points, check.max_points)}: {check.title}"


def _check(verdict: Verdict, check: Check, told: set[int]) -> Iterator[str]:
    if check.message:
        yield check.message
    yield from _comparisons(check.comparisons)
    yield from (words.path(nodes) for nodes in check.paths)
    for index in check.findings:
        finding = verdict.findings[index]
        if index in told:
            yield f"{finding.code}, told above: {finding.message}"
        else:
            yield from tell_finding(verdict.cells, finding)
        told.add(index)


def _comparisons(rows: Sequence[Comparison]) -> Iterator[str]:
    wrong = [row for row in rows if not row.fits]
    for row in wrong[:ROWS]:
        off = "" if row.off_by is None else f", off by {words.off_by(row.off_by)}"
        yield f"{row.name}, {words.COMPARISON[row.verdict]}: got {row.got}, expected {row.expected}{off}."
    if len(wrong) > ROWS:
        yield f"{plural(len(wrong) - ROWS, 'more row')} in the full report."
    if wrong:
        yield from (f"{sentence}." for sentence in words.count_fitting(rows))


def _stopped(cells: Sequence[Cell], cell: Cell) -> Iterator[str]:
    error = cell.error or CellError("", "", cell.number)
    during = f", called from cell {cell.number}" if error.cell not in (None, cell.number) else ""
    yield f"Stopped in {place(error.cell, error.line) or f'cell {cell.number}'}{during}."
    if error.type:
        yield ": ".join(part for part in (error.type, error.message) if part)
    if error.line is not None:
        yield from tell_place(cells, error)
