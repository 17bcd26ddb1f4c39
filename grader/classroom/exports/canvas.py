"""Fills our scores into the gradebook that Canvas exported, ready to be imported there again.

Canvas finds students by the column ID, assignments by "Title (number)", and reads points possible from a row of that
name (`lib/gradebook_importer.rb`). So everything that Canvas wrote stays where it is, and only score cells change.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from grader.classroom.exports.cells import harmless
from grader.classroom.gradebook.rows import Row
from grader.classroom.intake.exercises import normal, resolve
from grader.classroom.intake.students import read_table
from grader.classroom.intake.text import BOMS
from grader.model.errors import GraderError
from grader.words import plural, points

POINTS_POSSIBLE = "Points Possible"
LOOKUP = ("ID", "SIS User ID", "SIS Login ID", "Integration ID")  # Canvas' keys: never touched
ABOUT_STUDENTS = ("Student", "LastName", "FirstName", *LOOKUP, "Root Account", "Section")
TOTALS = re.compile(r"(Current|Final|Override) (Score|Points|Grade|Status)")
KEEP = ("EX", "N/A")  # excused, and not assigned to this student


@dataclass(frozen=True, slots=True)
class Merged:
    """The table to import, and what a person should know about it."""

    text: str
    filled: int  # students that got a score
    new_columns: tuple[str, ...]  # assignments that Canvas will create
    scaled: tuple[str, ...]  # columns whose points possible differ from ours
    not_in_roster: tuple[str, ...]  # our students that Canvas does not know

    @property
    def notes(self) -> list[str]:
        said = [f"{plural(self.filled, 'student')} got {'a score' if self.filled == 1 else 'scores'}."]
        if self.new_columns:
            said.append(f"Canvas will create: {', '.join(self.new_columns)}.")
        if self.scaled:
            said.append(f"Scaled to Canvas' points possible: {', '.join(self.scaled)}.")
        if self.not_in_roster:
            shown = ", ".join(self.not_in_roster[:10]) + (" ..." if len(self.not_in_roster) > 10 else "")
            said.append(f"Not in the roster, so left out: {len(self.not_in_roster)} students ({shown}).")
        return said


def merge(roster: bytes, rows: Iterable[Row]) -> Merged:
    """Fill the scores that count into Canvas' export."""
    table, dialect = _read(roster)
    header = table[0]
    counting = [row for row in rows if row.has_score]
    exercises = {row.exercise: (row.title or row.exercise, row.max_score) for row in counting}
    columns, new = _columns(header, exercises)
    _widen(table, new, exercises)
    possible = next((line for line in table if line and POINTS_POSSIBLE in line[0]), [])
    factors, scaled = _factors(columns, possible, exercises)
    scores = {(row.student, row.exercise): row.score * factors[row.exercise] for row in counting}
    found, missing = _match(table, counting)
    for student, line in found.items():
        for exercise, column in columns.items():
            if (student, exercise) in scores and line[column].strip() not in KEEP:
                line[column] = points(scores[student, exercise])
    titles = tuple(exercises[exercise][0] for exercise in new)
    return Merged(_write(table, dialect, roster), len(found), titles, scaled, missing)


# --- the table as Canvas wrote it ---


def _read(roster: bytes) -> tuple[list[list[str]], str]:
    table, separator = read_table(roster)
    header = [cell.strip() for cell in table[0]] if table else []
    if "ID" not in header or "Section" not in header or not ({"Student", "LastName"} & set(header)):
        raise GraderError(
            "The roster is not a gradebook that Canvas exported: it lacks the columns Student, ID or Section.",
            "In Canvas: Grades, Export, Export Entire Gradebook; give that file to --roster unchanged.",
        )
    return table, separator


def _write(table: Sequence[Sequence[str]], separator: str, roster: bytes) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    keys = {index for index, name in enumerate(table[0]) if name.strip() in LOOKUP}
    for line in table:
        writer.writerow([cell if index in keys else harmless(cell) for index, cell in enumerate(line)])
    return ("\ufeff" if any(roster.startswith(mark) for mark, _ in BOMS) else "") + out.getvalue()


# --- assignments ---


def _columns(
    header: Sequence[str], exercises: Mapping[str, tuple[str, float]]
) -> tuple[dict[str, int], tuple[str, ...]]:
    """Where each exercise's scores go, and the exercises for which there is no column yet."""
    columns: dict[str, int] = {}
    ids = sorted(exercises)
    for index, name in enumerate(header):
        if name.strip() in ABOUT_STUDENTS or TOTALS.search(name):
            continue
        title = re.sub(r"\s*\(\d+\)$", "", name)
        exact = [exercise for exercise in ids if normal(title) in (normal(exercise), normal(exercises[exercise][0]))]
        exercise = exact[0] if len(exact) == 1 else resolve(title, ids)
        if exercise and exercise not in columns:
            columns[exercise] = index
    new = tuple(exercise for exercise in ids if exercise not in columns)
    first_total = next((index for index, name in enumerate(header) if TOTALS.search(name)), len(header))
    moved = {exercise: index + len(new) * (index >= first_total) for exercise, index in columns.items()}
    return moved | {exercise: first_total + offset for offset, exercise in enumerate(new)}, new


def _widen(table: list[list[str]], new: Sequence[str], exercises: Mapping[str, tuple[str, float]]) -> None:
    """New assignments stand before the totals that Canvas calculates."""
    header = table[0]
    at = next((index for index, name in enumerate(header) if TOTALS.search(name)), len(header))
    for number, line in enumerate(table):
        cells = [""] * len(new)
        if number == 0:
            cells = [exercises[exercise][0] for exercise in new]
        elif POINTS_POSSIBLE in line[0]:
            cells = [points(exercises[exercise][1]) for exercise in new]
        line[at:at] = cells


def _factors(
    columns: Mapping[str, int], possible: Sequence[str], exercises: Mapping[str, tuple[str, float]]
) -> tuple[dict[str, float], tuple[str, ...]]:
    """The factor from our points to Canvas', where an assignment is worth another number of points there."""
    factors, scaled = {}, []
    for exercise, column in columns.items():
        title, ours = exercises[exercise]
        theirs = _number(possible[column]) if possible else None
        factors[exercise] = theirs / ours if theirs and ours else 1.0
        if factors[exercise] != 1.0:
            scaled.append(f"{title} from {points(ours)} to {points(theirs or 0)}")
    return factors, tuple(scaled)


def _number(text: str) -> float | None:
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return None


# --- students ---


def _match(table: Sequence[list[str]], rows: Iterable[Row]) -> tuple[dict[str, list[str]], tuple[str, ...]]:
    """Our students' lines: by Canvas' id, the login, the name, in this order, where exactly one line matches."""
    lines = [line for line in table[1:] if line[0].strip() and POINTS_POSSIBLE not in line[0]]
    indices = [_index(table[0], lines, column) for column in ("ID", "SIS Login ID", "SIS User ID")]
    names = _name_index(table[0], lines)
    found: dict[str, list[str]] = {}
    missing = []
    taken = set()
    for student, name in {row.student: row.name for row in rows}.items():
        candidates = [index.get(student.casefold(), []) for index in indices]
        candidates += [names.get(_folded(text), []) for text in (name, student)]
        line = next((group[0] for group in candidates if len(group) == 1), None)
        if line is None or id(line) in taken:
            missing.append(student)
        else:
            taken.add(id(line))
            found[student] = line
    return found, tuple(missing)


def _index(header: Sequence[str], lines: Iterable[list[str]], column: str) -> dict[str, list[list[str]]]:
    position = next((index for index, name in enumerate(header) if name.strip() == column), None)
    index: dict[str, list[list[str]]] = defaultdict(list)
    for line in lines if position is not None else ():
        value = line[position].strip().casefold() if position is not None else ""
        for form in {value, value.partition("@")[0]} - {""}:
            index[form].append(line)
    return index


def _name_index(header: Sequence[str], lines: Iterable[list[str]]) -> dict[str, list[list[str]]]:
    """ "Lovelace, Ada" is "Ada Lovelace", and "lovelaceada" in the names of Canvas' downloads."""
    split = header[0].strip() == "LastName"
    index: dict[str, list[list[str]]] = defaultdict(list)
    for line in lines:
        last, _, first = (line[0], "", line[1]) if split else line[0].strip("'\"= ").partition(",")
        for form in {_folded(first + last), _folded(last + first)} - {""}:
            index[form].append(line)
    return index


def _folded(name: str) -> str:
    return re.sub(r"[\W_]", "", name.casefold())
