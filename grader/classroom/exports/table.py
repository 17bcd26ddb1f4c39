"""gradebook.csv: a line for every submission, and for everybody without one; a column for each check."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from grader.classroom.exports.cells import harmless
from grader.classroom.gradebook.rows import NOT_SUBMITTED, Row
from grader.words import points

COLUMNS = (
    *("student", "name", "section", "exercise", "attempt", "counts", "late", "submitted"),
    *("status", "score", "max_score", "graded_score", "days_late", "late_penalty"),
    *("override_by", "override_on", "override_comment", "comments"),
    *("message", "note", "codes", "seconds", "file", "sha256", "email"),
)


def gradebook_csv(rows: Sequence[Row], check_order: Mapping[str, Sequence[str]]) -> str:
    checks = _check_columns(rows, check_order)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*COLUMNS, *(harmless(f"{exercise}:{check}") for exercise, check in checks)])
    for row in rows:
        got = {(row.exercise, check.id): points(check.points) for check in row.checks}
        writer.writerow([*map(harmless, _cells(row)), *(got.get(column, "") for column in checks)])
    return out.getvalue()


def _check_columns(rows: Iterable[Row], check_order: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """In the score sheets' order; a check that a score sheet no longer has comes last, so that no points vanish."""
    known = [(exercise, check) for exercise, checks in sorted(check_order.items()) for check in checks]
    seen = {(row.exercise, check.id) for row in rows for check in row.checks}
    return known + sorted(seen - set(known))


def _cells(row: Row) -> list[str]:
    override = row.override
    return [
        row.student,
        row.name,
        row.section,
        row.exercise,
        str(row.attempt),
        "yes" if row.counts else "no",
        "yes" if row.late else "no",
        row.submitted.isoformat(" ", "seconds") if row.submitted else "",
        (row.status or "not graded").replace(NOT_SUBMITTED, "not submitted"),
        points(row.score),
        points(row.max_score),
        points(row.graded_score),
        points(row.days_late) if row.days_late else "",
        points(row.penalty) if row.penalty else "",
        override.who if override else "",
        override.made.isoformat(" ", "seconds") if override else "",
        override.comment if override else "",
        "\n".join(row.comments),
        row.message,
        row.note,
        " ".join(dict.fromkeys(finding.code for finding in row.findings if finding.severity == "error")),
        f"{row.seconds:.2f}",
        row.source,
        row.sha256,
        row.email,
    ]
