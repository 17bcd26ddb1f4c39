"""Reads who is enrolled, from `students.csv` or Canvas' own gradebook, and finds the person whom an id or a name means.

Spreadsheets save such tables in many ways, so encoding and separator are detected and columns are found by their names.
A person is found by any of their ids, or by a full name that only one person has.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from grader.classroom.intake.text import clean, decode
from grader.model.errors import GraderError

ID_COLUMNS = ("id", "student_id", "username", "login", "sis_login_id", "user", "student")
NAME_COLUMNS = ("name", "full_name", "student_name", "display_name", "student")
SECTION_COLUMNS = ("section", "group", "class")
EMAIL_COLUMNS = ("email", "e_mail", "mail", "email_address")
OTHER_IDS = ("canvas_id", "moodle_id", "sis_user_id", "alias", "aliases", "number", "matriculation", "integration_id")
CANVAS_TEST_STUDENT = "Student, Test"


@dataclass(frozen=True, slots=True)
class Student:
    id: str
    name: str = ""
    section: str = ""
    others: tuple[str, ...] = ()  # other ids under which the same person submits
    email: str = ""

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one for one in (self.id, self.email, *self.others) if one))


class People:
    """The class as its tables know it; empty where there is no table."""

    def __init__(self, students: Iterable[Student] = ()) -> None:
        self.students = tuple(students)
        self._by_id = {alias.casefold(): student for student in self.students for alias in student.ids}
        self._by_name: dict[str, list[Student]] = defaultdict(list)
        for student in self.students:
            for form in {_folded(student.name), _folded(_last_first(student.name))} - {""}:
                self._by_name[form].append(student)

    def __bool__(self) -> bool:
        return bool(self.students)

    def __contains__(self, name: str) -> bool:
        return self.find(name) is not None

    def find(self, *words: str) -> Student | None:
        """Whom the first of these words means that is an id, or else a name that only one person has."""
        by_id = (self._by_id.get(word.casefold()) for word in words if word)
        by_name = (self._by_name.get(_folded(word), ()) for word in words if word)
        known = next((student for student in by_id if student), None)
        return known or next((named[0] for named in by_name if len(named) == 1), None)

    def joined(self, others: Iterable[Student]) -> People:
        """With another table: it adds people, and what this one leaves open of those it has."""
        merged = {student.id: student for student in self.students}
        for other in others:
            same = next((student for alias in other.ids if (student := self._by_id.get(alias.casefold()))), None)
            if same is None:
                merged[other.id] = other
            else:
                known = merged[same.id]
                merged[same.id] = replace(
                    known,
                    name=known.name or other.name,
                    section=known.section or other.section,
                    email=known.email or other.email,
                    others=tuple(dict.fromkeys((*known.others, *other.ids))),
                )
        return People(merged.values())


def read_students(data: bytes, file: str = "students.csv") -> tuple[Student, ...]:
    """The people in a table of students, or in the gradebook that Canvas exported."""
    header, *lines = read_table(data)[0] or [[]]
    columns = {_key(name): index for index, name in enumerate(header)}
    from_canvas = "id" in columns and "section" in columns and bool({"student", "lastname"} & columns.keys())
    id_column = next((columns[key] for key in ID_COLUMNS if key in columns), None)
    if id_column is None:
        raise GraderError(
            f"{file} has no column called id; its columns are {', '.join(columns) or 'none'}.",
            "Call the column with the students' ids `id`, and the others `name` and `section`.",
        )
    people = (_student(line, columns, id_column) for line in lines)
    if from_canvas:  # its first lines say how grades are posted and what they are worth
        people = (replace(one, name=_first_last(one.name)) for one in people if one.name != CANVAS_TEST_STUDENT)
    return tuple(one for one in people if one.id)


def read_table(data: bytes) -> tuple[list[list[str]], str]:
    """The lines of a table, each as wide as its header, and what separates its cells."""
    text = decode(data, fallback="cp1252")
    separator = max(",;\t", key=text.partition("\n")[0].count)
    table = [line for line in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if line]
    width = len(table[0]) if table else 0
    return [line + [""] * (width - len(line)) for line in table], separator


def _student(line: Sequence[str], columns: Mapping[str, int], id_column: int) -> Student:
    def cell(wanted: Iterable[str]) -> str:
        return next((clean(line[columns[key]]) for key in wanted if key in columns), "")

    others = [columns[key] for key in (*OTHER_IDS, *ID_COLUMNS) if key in columns and columns[key] != id_column]
    if "student" in columns and "id" in columns:  # Canvas' names its names so
        others = [column for column in others if column != columns["student"]]
    full = f"{cell(['first_name', 'firstname'])} {cell(['last_name', 'lastname'])}".strip()
    return Student(
        clean(line[id_column]),
        cell([key for key in NAME_COLUMNS if columns.get(key) != id_column]) or full,
        cell(SECTION_COLUMNS),
        tuple(part for column in others for part in clean(line[column]).split() if part),
        cell(EMAIL_COLUMNS),
    )


def _first_last(name: str) -> str:
    last, comma, first = name.partition(",")
    return f"{first.strip()} {last.strip()}" if comma else name


def _last_first(name: str) -> str:
    first, _, last = name.rpartition(" ")
    return f"{last} {first}"


def _folded(name: str) -> str:
    """ "Lovelace, Ada" is "lovelaceada" in the names of Canvas' downloads."""
    return re.sub(r"[\W_]", "", name.casefold())


def _key(header: str) -> str:
    return "_".join(clean(header).lower().replace("-", " ").split())
