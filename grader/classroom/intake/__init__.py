"""Takes in SUBMISSIONS, a folder or zip from anywhere: one Submission for everything that was handed in.

Reading and understanding are apart: `reading` copies bytes out of a place that cannot be trusted, `names` knows how
learning platforms name things, `assign` decides whose notebook each one is and for which exercise. What cannot be read
or assigned is a Submission too, with the reason, so that nobody is lost silently.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from grader.classroom.intake.assign import assign
from grader.classroom.intake.reading import IntakeLimits, read
from grader.classroom.intake.students import Student, read_students
from grader.classroom.intake.submission import Submission

__all__ = ["IntakeLimits", "Student", "Submission", "read_students", "take_in"]


def take_in(
    source: Path,
    private: Path,
    exercises: Collection[str],
    *,
    students: Path | None = None,
    limits: IntakeLimits | None = None,
    exclude: Collection[Path] = (),
) -> list[Submission]:
    """Everything handed in under `source`. Notebooks are copied to `private`, under the name of their own hash.

    `students` is a table of ids, names and sections; without it, a `students.csv` beside the submissions is used.
    `exclude` names folders inside `source` that hold no submissions, such as the output folder.
    """
    found, table = read(source, private, limits or IntakeLimits(), exclude)
    if students is not None:
        table = students.read_bytes()
    known = read_students(table) if table is not None else ()
    return assign(found, sorted(exercises), known, zipped=source.is_file())
