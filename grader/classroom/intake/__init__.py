"""Takes in SUBMISSIONS, a folder or zip from anywhere: one Submission for everything that was handed in.

Reading and understanding are apart: `reading` copies bytes out of a place that cannot be trusted, `names` and
`gradescope` know how learning platforms name things, `whose` finds the owners of the rest, and `assign` decides whose
notebook each one is and for which exercise. What cannot be read or assigned is a Submission too, with the reason, and
every other file is listed, so that nobody and nothing is lost silently.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from grader.classroom.intake.assign import EVERYTHING, Assigned, Intake, NewName, assign
from grader.classroom.intake.beside import OtherFile
from grader.classroom.intake.reading import IntakeLimits, read
from grader.classroom.intake.students import People, Student, read_students
from grader.classroom.intake.submission import Submission

__all__ = [
    "EVERYTHING",
    "Assigned",
    "Intake",
    "IntakeLimits",
    "NewName",
    "OtherFile",
    "People",
    "Student",
    "Submission",
    "read_students",
    "take_in",
]


def take_in(
    source: Path,
    private: Path,
    exercises: Collection[str],
    *,
    tables: Collection[Path] = (),
    assigned: Assigned | None = None,
    limits: IntakeLimits | None = None,
    exclude: Collection[Path] = (),
) -> Intake:
    """Everything handed in under `source`. Notebooks are copied to `private`, under the name of their own hash.

    `tables` say who is enrolled, the first of them before the others; a `students.csv` beside the submissions is read
    too. `assigned` says which exercise a folder or an archive is for. `exclude` names folders inside `source` that hold
    no submissions, such as the output folder.
    """
    found, beside = read(source, private, limits or IntakeLimits(), exclude)
    people = People()
    for file in tables:
        people = people.joined(read_students(file.read_bytes(), file.name))
    if beside is not None:
        people = people.joined(read_students(beside))
    return assign(found, sorted(exercises), people, assigned)
