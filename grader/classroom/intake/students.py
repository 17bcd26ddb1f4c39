"""Reads `students.csv`: ids with names and sections, and other ids under which the same person may appear.

Spreadsheets save such tables in many ways, so encoding and separator are detected and columns are found by their names.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from grader.classroom.intake.text import clean, decode
from grader.model.errors import GraderError

ID_COLUMNS = ("id", "student_id", "student", "username", "login", "sis_login_id", "user")
NAME_COLUMNS = ("name", "full_name", "student_name", "display_name")
SECTION_COLUMNS = ("section", "group", "class")
OTHER_IDS = ("canvas_id", "moodle_id", "email", "sis_user_id", "alias", "aliases", "number", "matriculation")


@dataclass(frozen=True, slots=True)
class Student:
    id: str
    name: str = ""
    section: str = ""
    others: tuple[str, ...] = ()  # other ids under which the same person hands in


def read_students(table: bytes) -> tuple[Student, ...]:
    text = decode(table, fallback="cp1252")
    separator = max(",;\t", key=text.partition("\n")[0].count)
    rows = csv.DictReader(io.StringIO(text), delimiter=separator)
    columns = {_key(name): name for name in rows.fieldnames or ()}
    id_column = next((columns[key] for key in ID_COLUMNS if key in columns), None)
    if id_column is None:
        raise GraderError(
            f"students.csv has no column called id; its columns are {', '.join(columns) or 'none'}.",
            "Call the column with the students' ids `id`, and the others `name` and `section`.",
        )
    return tuple(_students(rows, columns, id_column))


def _students(rows: csv.DictReader[str], columns: Mapping[str, str], id_column: str) -> Iterable[Student]:
    first, last = columns.get("first_name"), columns.get("last_name")
    others = [columns[key] for key in (*OTHER_IDS, *ID_COLUMNS) if key in columns and columns[key] != id_column]
    for row in rows:
        cells = {key: clean(value or "") for key, value in row.items() if isinstance(value, str | None) and key}
        if not cells.get(id_column):
            continue
        name = _first(cells, columns, NAME_COLUMNS)
        if not name and first and last:
            name = f"{cells.get(first, '')} {cells.get(last, '')}".strip()
        yield Student(
            cells[id_column],
            name,
            _first(cells, columns, SECTION_COLUMNS),
            tuple(part for column in others for part in cells.get(column, "").split() if part),
        )


def _first(cells: Mapping[str, str], columns: Mapping[str, str], wanted: Iterable[str]) -> str:
    return next((cells.get(columns[key], "") for key in wanted if key in columns), "")


def _key(header: str | None) -> str:
    return "_".join(clean(header or "").lower().replace("-", " ").split())
