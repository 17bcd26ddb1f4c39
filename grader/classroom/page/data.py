"""The class page's data: small, because it holds a thousand students' rows, and without names where code is shown.

Every line of code, finding's code and check is written once and referred to by its number; a student's checks are a
string with one letter each. A line is shown without comments, addresses and its author's name, so that it can be
projected.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import SystemRandom
from typing import Any

from grader.classroom.feedback import folder_names
from grader.classroom.gradebook.rows import NOT_SUBMITTED, Row
from grader.course.settings import CourseSettings
from grader.words import points

LONGEST_LINE = 160
LONGEST_MESSAGE = 240
FINDINGS_EACH = 6  # of one notebook; the first is the most likely culprit
NOT_GRADED_SHOWN = 500
NOTEBOOK, OVERRIDE = 7, 8  # their places in an entry
LETTERS = {"passed": "p", "failed": "f", "skipped": "s", "error": "e"}
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")


@dataclass(slots=True)
class _Numbers:
    """Numbers things in the order in which they are first seen."""

    seen: dict[Hashable, int] = field(default_factory=dict)

    def of(self, *thing: Hashable) -> int:
        return self.seen.setdefault(thing, len(self.seen))

    def listed(self) -> list[list[Any]]:
        return [list(thing) if isinstance(thing, tuple) else [thing] for thing in self.seen]


def class_data(
    rows: Sequence[Row], check_order: Mapping[str, Sequence[str]], settings: CourseSettings
) -> dict[str, Any]:
    counting = [row for row in rows if row.counts and row.status]
    exercises = _exercises(counting, check_order, settings)
    codes, lines = _Numbers(), _Numbers()
    attempts = _attempts(rows)
    folders = folder_names({row.student for row in counting})
    students: dict[str, dict[str, Any]] = {}
    for row in counting:
        student = students.setdefault(
            row.student,
            {
                "id": row.student,
                "name": row.name or row.student,
                "section": row.section,
                "folder": folders[row.student],
                "work": {},
            },
        )
        if row.status == NOT_SUBMITTED and not row.override:
            continue
        order = [check["id"] for check in exercises[row.exercise]["checks"]]
        index = exercises[row.exercise]["index"]
        student["work"][index] = _entry(row, order, attempts[row.student, row.exercise], index, codes, lines)
    return {
        "exercises": [
            {name: value for name, value in exercise.items() if name != "index"} for exercise in exercises.values()
        ],
        "students": _numbered(students.values()),
        "codes": codes.listed(),
        "lines": lines.listed(),
        "refused": [
            [row.name or row.student, row.source, (row.note or row.message)[:LONGEST_MESSAGE]]
            for row in rows
            if row.status in ("ungradable", "error") or row.note
        ][:NOT_GRADED_SHOWN],
    }


def _numbered(students: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """With the number that stands for a student where names are hidden: drawn by lot for each page."""
    listed = list(students)
    numbers = SystemRandom().sample(range(1, len(listed) + 1), len(listed))
    return [{**student, "number": number} for student, number in zip(listed, numbers, strict=True)]


def without_names(data: Mapping[str, Any]) -> dict[str, Any]:
    """The page's data without what tells who somebody is: names, ids, files, and what was written to them."""
    students = [
        {
            **student,
            "id": f"Student {student['number']}",
            "name": f"Student {student['number']}",
            "folder": "",
            "work": {index: _without_words(entry) for index, entry in student["work"].items()},
        }
        for student in sorted(data["students"], key=lambda student: student["number"])
    ]
    return {**data, "students": students, "refused": [], "anonymous": True}  # files have names, and reasons name files


def _without_words(entry: Sequence[Any]) -> list[Any]:
    who = [["", made, "", graded] for _, made, _, graded in entry[OVERRIDE:]]
    return [*entry[:NOTEBOOK], "", *who]


def _exercises(
    rows: Sequence[Row], check_order: Mapping[str, Sequence[str]], settings: CourseSettings
) -> dict[str, dict[str, Any]]:
    titles = {row.exercise: row.title or row.exercise for row in rows}
    worth = {row.exercise: row.max_score for row in rows if row.max_score}
    checks: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for row in rows:
        for check in row.checks:
            checks[row.exercise].setdefault(
                check.id, {"id": check.id, "title": check.title, "points": check.max_points}
            )
    listed = {}
    order_of = {planned.id: place for place, planned in enumerate(settings.exercises)}
    for index, exercise in enumerate(sorted(titles, key=lambda one: (order_of.get(one, len(order_of)), one))):
        known = checks[exercise]
        order = [check for check in check_order.get(exercise, ()) if check in known]
        order += [check for check in known if check not in order]
        listed[exercise] = {
            "id": exercise,
            "title": titles[exercise],
            "worth": worth.get(exercise, 0.0),
            "weight": settings.weight(exercise),
            "checks": [known[check] for check in order],
            "index": index,
        }
    return listed


def _attempts(rows: Sequence[Row]) -> Mapping[tuple[str, str], int]:
    """What could not be graded costs no attempt, and neither does the same file a second time."""
    contents = defaultdict(set)
    for row in rows:
        if row.status not in ("", "ungradable", "error", NOT_SUBMITTED):
            contents[row.student, row.exercise].add(row.sha256)
    counted: dict[tuple[str, str], int] = defaultdict(int)
    counted.update({pair: len(hashes) for pair, hashes in contents.items()})
    return counted


def _entry(row: Row, order: Sequence[str], attempts: int, exercise: int, codes: _Numbers, lines: _Numbers) -> list[Any]:
    """[status, score, a letter for each check, attempts, seconds, late, lines, notebook, override]"""
    states = {check.id: LETTERS.get(check.status, "e") for check in row.checks}
    culprits = [finding for finding in row.findings if finding.severity == "error"][:FINDINGS_EACH]
    entry: list[Any] = [
        row.status,
        round(row.score, 2),
        "".join(states.get(check, "-") for check in order),
        attempts,
        round(row.seconds, 1),
        _late(row),
        [
            lines.of(
                codes.of(finding.code, finding.cause.replace("_", " ")),
                exercise,
                finding.cell or 0,
                finding.line or 0,
                anonymous(finding.source, row.name, row.student),
            )
            for finding in culprits
        ],
        row.sha256,
    ]
    if row.override:
        made = f"{row.override.made:%Y-%m-%d}"
        entry.append([row.override.who, made, row.override.comment[:LONGEST_MESSAGE], round(row.graded_score, 2)])
    return entry


def _late(row: Row) -> str | int:
    """0, or in words."""
    if not row.late:
        return 0
    return f"late, which takes {points(row.penalty)} points" if row.penalty else "late"


def anonymous(source: str, *names: str) -> str:
    """A line of code without what could tell who wrote it."""
    line = ADDRESS.sub("…", _without_comment(source.strip()))
    parts = {part for name in names for part in re.split(r"[\W_]+", name) if len(part) > 2 and not part.isdigit()}
    if parts:
        own = re.compile(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, parts))})(?![^\W_])", re.IGNORECASE)
        # what follows a dot is a library's name: "tf.reduce_max" stays when Max wrote it
        line = re.sub(r"(?<![\w.])\w+", lambda word: own.sub("…", word[0]), line)
    return line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…"


def _without_comment(line: str) -> str:
    if "#" not in line:
        return line
    try:
        for token in tokenize.generate_tokens(io.StringIO(line).readline):
            if token.type == tokenize.COMMENT:
                return line[: token.start[1]].rstrip()
    except (tokenize.TokenError, SyntaxError):  # a line of a longer statement: what was read so far had no comment
        return re.sub(r"\s*#.*$", "", line)
    return line
