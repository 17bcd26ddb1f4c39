"""Chooses rows of a gradebook and shows them on a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.cells import cell_len, set_cell_size

from grader.classroom.feedback import late_in_words
from grader.classroom.gradebook.rows import NOT_SUBMITTED, Row
from grader.model import number_of
from grader.words import module_missing, out_of, place, plural, score_in_words

COLUMNS = (  # title and most characters; the last takes what is left
    *(("student", 12), ("name", 12), ("exercise", 12), ("#", 3), ("status", 13), ("score", 8), ("checks", 12)),
    ("what", 0),
)
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
        who = self.student or ""
        return (
            (self.attempts or row.counts or not (row.student and row.exercise))
            and (not who or is_meant(row, who))
            and (not self.exercise or self.exercise in (row.exercise, number_of(row.exercise)))
            and (not self.section or self.section == row.section)
            and (not self.status or (row.status or "waiting") == self.status)
            and (not self.code or any(finding.code == self.code.upper() for finding in row.findings))
            and (not self.overridden or row.override is not None)
        )


def is_meant(row: Row, who: str) -> bool:
    """Whether `who` is the row's student: an id, or a part of a name."""
    return who.casefold() == row.student.casefold() or who.casefold() in row.name.casefold()


def listing(rows: Sequence[Row], width: int | None) -> str:
    """A line for each row, cut to `width` characters; for another program (None) nothing is cut."""
    table = [[title for title, _ in COLUMNS], *(_cells(row) for row in rows)]
    widest = [max(cell_len(line[index]) for line in table) for index in range(len(COLUMNS))]
    spaces = [min(most, wide) if width and most else wide for (_, most), wide in zip(COLUMNS, widest, strict=True)]
    if width:
        spaces[-1] = max(10, width - sum(spaces[:-1]) - 2 * len(COLUMNS) + 2)
    lines = ("  ".join(_fit(cell, space) for cell, space in zip(line, spaces, strict=True)).rstrip() for line in table)
    return "\n".join(lines)


def _cells(row: Row) -> list[str]:
    codes = " ".join(dict.fromkeys(finding.code for finding in row.findings if finding.severity == "error"))
    return [
        row.student or "?",
        row.name if row.name != row.student else "",
        row.exercise or "?",
        str(row.attempt or ""),
        status_in_words(row.status),
        f"{row.score:g}/{row.max_score:g}" + (" ✎" if row.override else ""),
        "".join(SIGNS.get(check.status, "?") for check in row.checks),
        codes or ("" if row.status == "passed" else row.message),
    ]


def _fit(text: str, space: int) -> str:
    return set_cell_size(text if cell_len(text) <= space else f"{set_cell_size(text, space - 1)}…", space)


def details(row: Row, history: Sequence[tuple[float | None, str, str, datetime]]) -> str:
    lines = [
        ", ".join([who_is(row), row.exercise, *([f"attempt {row.attempt}"] if row.attempt else [])])
        + f": {status_in_words(row.status)}",
        score_in_words(row.score, row.max_score),
        *([late_in_words(row)] if row.penalty else []),
        *([row.message] if row.message else []),
        "",
        *(
            f" {SIGNS.get(check.status, '?')} {check.title}  {out_of(check.points, check.max_points)}"
            for check in row.checks
        ),
        *(f" {one.code} {place(one.cell, one.line)}: {one.source.strip()}" for one in row.findings),
        *(f" ✎ {_change(score)} by {who} on {made:%Y-%m-%d %H:%M}: {comment}" for score, comment, who, made in history),
        *(f" ✎ {comment}" for comment in row.comments),
        *(["", f"from {row.source}"] if row.source else []),
        *([f"note: {row.note}"] if row.note else []),
    ]
    return "\n".join(lines)


def who_is(row: Row) -> str:
    """ "Ada Lovelace (ada)": two people can have one name."""
    return f"{row.name} ({row.student})" if row.name not in ("", row.student) else row.student


def addresses(rows: Iterable[Row]) -> str:
    """A line for each student, as mail programs take it; an id where no address is known."""
    people = {row.student: f"{row.name} <{row.email}>" if row.email else who_is(row) for row in rows if row.student}
    return "\n".join(people.values())


def status_in_words(status: str) -> str:
    return status.replace("_", " ") or "waiting"


def _change(score: float | None) -> str:
    return "taken back" if score is None else f"set to {score:g}"


def count_in_words(counts: Counter[str]) -> str:
    named = [f"{count} {status_in_words(name)}" for name, count in counts.most_common()]
    noun = "row" if counts[NOT_SUBMITTED] else "submission"
    return f"{plural(counts.total(), noun)}: {', '.join(named)}." if named else "No submissions."


def nothing_at_all(rows: Iterable[Row]) -> set[str]:
    """Students of whom there is no submission, whatever scores were set by hand."""
    rows = list(rows)
    return {row.student for row in rows if row.student} - {row.student for row in rows if row.status != NOT_SUBMITTED}


def missing_modules(rows: Iterable[Row]) -> str:
    """ "7 notebooks stopped because a module is missing here: pandas 5, ipympl 2."; "" where none did."""
    modules = Counter(module for row in rows if row.counts and (module := module_missing(row.message)))
    named = ", ".join(f"{module} {count}" for module, count in modules.most_common())
    stopped = plural(modules.total(), "notebook")
    return f"{stopped} stopped because a module is missing here: {named}." if modules else ""
