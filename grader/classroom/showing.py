"""Rows and a question in, an answer for a terminal out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from grader.classroom.gradebook.rows import Row

if TYPE_CHECKING:
    from rich.table import Table

SIGNS = {"passed": "✓", "failed": "✗", "skipped": "–", "error": "!"}


@dataclass(frozen=True, slots=True)
class Query:
    student: str | None = None
    exercise: str | None = None
    section: str | None = None
    status: str | None = None
    code: str | None = None
    overridden: bool = False
    attempts: bool = False

    def choose(self, rows: Iterable[Row]) -> list[Row]:
        return [row for row in rows if self._wants(row)]

    def _wants(self, row: Row) -> bool:
        who = (self.student or "").casefold()
        return (
            (self.attempts or row.counts or not (row.student and row.exercise))
            and (not who or who == row.student.casefold() or who in row.name.casefold())
            and (not self.exercise or self.exercise in (row.exercise, row.exercise.partition("_")[0]))
            and (not self.section or self.section == row.section)
            and (not self.status or (row.status or "waiting") == self.status)
            and (not self.code or any(finding.code == self.code.upper() for finding in row.findings))
            and (not self.overridden or row.override is not None)
        )


def listing(rows: Sequence[Row]) -> Table:
    """A line for each row; what a student wrote is shown as text and never as markup."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for title in ("student", "exercise", "attempt", "status", "score", "checks", "what"):
        table.add_column(title, justify="right" if title in ("attempt", "score") else "left")
    for row in rows:
        score = f"{row.score:g} / {row.max_score:g}" + (" ✎" if row.override else "")
        signs = "".join(SIGNS.get(check.status, "?") for check in row.checks)
        codes = " ".join(dict.fromkeys(finding.code for finding in row.findings if finding.severity == "error"))
        what = codes or ("" if row.status == "passed" else row.message)
        who = row.name if row.name in ("", row.student) else f"{row.student} ({row.name})"
        cells = [
            who or row.student or "?",
            row.exercise or "?",
            str(row.attempt),
            row.status or "waiting",
            score,
            signs,
        ]
        table.add_row(*(Text(cell) for cell in (*cells, what)))
    return table


def details(row: Row, history: Sequence[tuple[float | None, str, str, datetime]]) -> str:
    lines = [
        f"{row.name or row.student}, {row.exercise}, attempt {row.attempt}: {row.status or 'waiting'}",
        f"{row.score:g} of {row.max_score:g} points",
        *([row.message] if row.message else []),
        "",
        *(
            f" {SIGNS.get(check.status, '?')} {check.title}  {check.points:g} / {check.max_points:g}"
            for check in row.checks
        ),
        *(f" {one.code} cell {one.cell} line {one.line}: {one.source.strip()}" for one in row.findings),
        *(f" ✎ {_change(score)} by {who} on {made:%Y-%m-%d %H:%M}: {comment}" for score, comment, who, made in history),
        "",
        f"from {row.source}",
    ]
    return "\n".join(lines)


def _change(score: float | None) -> str:
    return "taken back" if score is None else f"set to {score:g}"
