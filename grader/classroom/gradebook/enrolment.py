"""Notes who is enrolled. A table that comes later may tell that a name in the gradebook is somebody enrolled under
another id: then what was noted under that name, scores set by hand before all, becomes theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from grader.classroom.gradebook.tables import AttemptRow, CommentRow, OverrideRow, StudentRow

if TYPE_CHECKING:
    from grader.classroom.intake import Student


def enrol(session: Session, people: Sequence[Student]) -> None:
    rows = {row.id: row for row in session.scalars(select(StudentRow))}
    for row in rows.values():
        row.enrolled = False
    ids = {student.id for student in people}
    for student in people:
        row = rows.setdefault(student.id, StudentRow(id=student.id, name="", section="", email=""))
        row.name, row.section = student.name or row.name or student.id, student.section or row.section
        row.email, row.enrolled = student.email or row.email, True
        session.add(row)
        session.flush()
        for alias in {*student.ids, student.name} & rows.keys() - ids:
            for table in (AttemptRow, OverrideRow):
                session.execute(update(table).where(table.student_id == alias).values(student_id=student.id))
            by_student = CommentRow.about == "student", CommentRow.value == alias
            session.execute(update(CommentRow).where(*by_student).values(value=student.id))
            session.delete(rows.pop(alias))
