"""The gradebook of a class: what was handed in and what became of it, kept in one SQLite file in the output folder.

Everything written is one transaction, so that a process may be killed at any moment. An attempt is known by its key
(student, exercise and content), so that taking the same work in again changes nothing, and a verdict replaces the one
that the attempt had before. SQLAlchemy is imported when a gradebook is opened and not before.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from grader.classroom.gradebook.database import Mount, connect
from grader.classroom.gradebook.rows import NOT_SUBMITTED, About, Comment, Override, Row
from grader.course.settings import SETTINGS, CourseSettings
from grader.model import Exercise, Verdict
from grader.model.errors import GraderError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from grader.classroom.gradebook.tables import AttemptRow, StudentRow
    from grader.classroom.intake import Student, Submission

__all__ = ["FILE", "NOTEBOOKS", "NOT_SUBMITTED", "Gradebook", "Override", "Row"]

FILE = "gradebook.db"
NOTEBOOKS = "notebooks"  # the folder in which they are, each under its hash


class Gradebook:
    """Open one with `Gradebook(folder)`, in a `with` or closed with `close()`.

    `notice` is a sentence for people when the file lies where SQLite's usual journal is not safe.
    """

    def __init__(self, folder: Path, *, create: bool = True, mounts: Iterable[Mount] | None = None) -> None:
        self.folder = folder
        self.file = folder / FILE
        if not create and not self.file.exists():
            raise GraderError(
                f"There is no gradebook in {folder}.",
                "`python -m grader batch SUBMISSIONS --output DIR` makes one in DIR.",
            )
        folder.mkdir(parents=True, exist_ok=True)
        self._engine, self.notice = connect(self.file, mounts)

    def __enter__(self) -> Gradebook:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._engine.dispose()

    # --- writing ---

    @property
    def seed(self) -> int:
        """The secret of this gradebook's hidden inputs: the same for everybody, so that regrades agree."""
        return int(self._setting("seed", str(secrets.randbits(128))))

    @property
    def title(self) -> str:
        """What the class is called on its page."""
        return self._setting("title", self.folder.resolve().name)

    def call(self, title: str) -> None:
        """Name the class."""
        from grader.classroom.gradebook.tables import SettingRow

        with self._session() as session:
            session.merge(SettingRow(name="title", value=title))

    def plan(self, settings: CourseSettings) -> None:
        """Keep the course's settings: deadlines, what being late costs, which attempt counts."""
        from grader.classroom.gradebook.tables import SettingRow

        with self._session() as session:
            session.merge(SettingRow(name="course", value=SETTINGS.dump_json(settings).decode()))

    @property
    def settings(self) -> CourseSettings:
        return SETTINGS.validate_json(self._setting("course", "{}"))

    def _setting(self, name: str, otherwise: str) -> str:
        """A setting's value; the first time that it is asked for, it becomes `otherwise`."""
        from grader.classroom.gradebook.tables import SettingRow

        with self._session() as session:
            kept = session.get(SettingRow, name)
            if kept is None:
                kept = SettingRow(name=name, value=otherwise)
                session.add(kept)
            return kept.value

    def add_exercises(self, exercises: Iterable[Exercise]) -> None:
        from grader.classroom.gradebook.tables import ExerciseRow

        with self._session() as session:
            for exercise in exercises:
                ids = [check.id for check in exercise.checks]
                session.merge(
                    ExerciseRow(id=exercise.id, title=exercise.title, max_score=exercise.max_score, checks=ids)
                )

    def enrol(self, people: Iterable[Student]) -> None:
        """Note who is enrolled: exactly these people, from now on."""
        from grader.classroom.gradebook.enrolment import enrol

        with self._session() as session:
            enrol(session, list(people))

    def add_submissions(self, submissions: Sequence[Submission]) -> None:
        """Note what was handed in. What is known already stays as it is, apart from names and where it lay."""
        from sqlalchemy import func, select

        from grader.classroom.gradebook.tables import AttemptRow, ExerciseRow, StudentRow

        with self._session() as session:
            intake = (session.scalar(select(func.max(AttemptRow.intake))) or 0) + 1
            known = {row.key: row for row in session.scalars(select(AttemptRow))}
            students = {row.id: row for row in session.scalars(select(StudentRow))}
            exercises = set(session.scalars(select(ExerciseRow.id)))
            for one in submissions:
                if one.student:
                    self._add_student(session, students, one)
                if one.exercise and one.exercise not in exercises:
                    session.add(ExerciseRow(id=one.exercise, title=one.exercise, checks=[]))
                    exercises.add(one.exercise)
            self._forget_moved(session, known, submissions)
            session.flush()  # attempts point to students and exercises
            for one in submissions:
                attempt = known.get(one.key) or AttemptRow(key=one.key, intake=intake, position=one.attempt)
                attempt.student_id, attempt.exercise_id = one.student or None, one.exercise
                attempt.sha256, attempt.source, attempt.reason = one.sha256, one.source, one.reason
                attempt.note = one.note
                attempt.submitted = one.submitted.replace(tzinfo=None) if one.submitted else None
                attempt.serial, attempt.late = one.serial, one.late
                attempt.platform, attempt.hand_back = one.platform, one.hand_back
                session.add(attempt)

    @staticmethod
    def _forget_moved(session: Session, known: dict[str, AttemptRow], submissions: Sequence[Submission]) -> None:
        """The same file may be somebody else's now that a table of students tells, or no longer refused."""
        keys = {one.key for one in submissions}
        lies_at = {(one.source, one.sha256) for one in submissions}
        sources = {source for source, _ in lies_at}
        for key, attempt in known.items():
            again = (attempt.source, attempt.sha256) in lies_at or (attempt.reason and attempt.source in sources)
            if key not in keys and again:
                session.delete(attempt)

    @staticmethod
    def _add_student(session: Session, students: dict[str, StudentRow], one: Submission) -> None:
        from grader.classroom.gradebook.tables import StudentRow

        row = students.setdefault(one.student, StudentRow(id=one.student, name="", section=""))
        row.name = one.name if one.name not in ("", one.student) else row.name or one.student
        row.section = one.section or row.section
        session.add(row)

    def record(self, key: str, verdict: Verdict, *, version: str, exercise_hash: str) -> None:
        """Keep the verdict on an attempt, in place of the one before."""
        from sqlalchemy import delete

        from grader.classroom.gradebook.tables import CheckRow, FindingRow, VerdictRow

        row = VerdictRow(
            attempt_key=key,
            **{name: getattr(verdict, name) for name in ("message", "next_step", "score", "max_score")},
            status=str(verdict.status),
            grader_version=version,
            exercise_hash=exercise_hash,
            graded=_now(),
            seconds=verdict.timing.total,
            execute_seconds=verdict.timing.execute,
            environment=asdict(verdict.environment),
        )
        row.checks = [
            CheckRow(
                position=position,
                check_id=check.id,
                **{name: getattr(check, name) for name in ("title", "status", "points", "max_points", "message")},
            )
            for position, check in enumerate(verdict.checks)
        ]
        names = ("code", "cause", "severity", "cell", "line", "source", "operation", "message")
        row.findings = [
            FindingRow(
                position=position,
                variables=list(finding.variables),
                **{name: getattr(finding, name) for name in names},
            )
            for position, finding in enumerate(verdict.findings)
        ]
        with self._session() as session:
            session.execute(delete(VerdictRow).where(VerdictRow.attempt_key == key))
            session.add(row)

    def override(self, student: str, exercise: str, score: float | None, comment: str, who: str) -> None:
        """Set a person's score in place of the grader's; None takes it back. Every change is kept."""
        from grader.classroom.gradebook.tables import ExerciseRow, OverrideRow, StudentRow

        with self._session() as session:
            if session.get(StudentRow, student) is None:
                raise GraderError(
                    f"The gradebook has no student {student}.", "`python -m grader gradebook DIR show` lists them."
                )
            if session.get(ExerciseRow, exercise) is None:
                raise GraderError(
                    f"The gradebook has no exercise {exercise}.", "`python -m grader gradebook DIR show` lists them."
                )
            session.add(
                OverrideRow(
                    student_id=student, exercise_id=exercise, score=score, comment=comment, who=who, made=_now()
                )
            )

    def comment(self, exercise: str, about: About, value: str, text: str, who: str) -> None:
        """Write a comment without a score."""
        from grader.classroom.gradebook.tables import CommentRow

        row = CommentRow(exercise_id=exercise, about=about, value=value, text=text, who=who, made=_now())
        with self._session() as session:
            session.add(row)

    # --- reading ---

    def comments(self) -> list[Comment]:
        from sqlalchemy import select

        from grader.classroom.gradebook.tables import CommentRow

        with self._session() as session:
            rows = session.scalars(select(CommentRow).order_by(CommentRow.id))
            return [
                Comment(
                    row.exercise_id, cast(About, row.about), row.value, row.text, row.who, row.made.replace(tzinfo=UTC)
                )
                for row in rows
            ]

    def rows(self) -> list[Row]:
        """Everything that was handed in, by student, exercise and attempt."""
        from grader.classroom.gradebook.reading import rows

        settings = self.settings
        with self._session() as session:
            return rows(session, settings)

    def everybody(self) -> list[Row]:
        """The rows, and one for each exercise at which somebody enrolled has none; with the comments."""
        from grader.classroom.comments import add_comments
        from grader.classroom.gradebook.reading import absent_rows, rows

        settings = self.settings
        with self._session() as session:
            submitted = rows(session, settings)
            everybody = sorted([*submitted, *absent_rows(session, submitted)], key=lambda row: row.place)
        return add_comments(everybody, self.comments(), self.folder / NOTEBOOKS)

    def students(self) -> dict[str, str]:
        """Everybody's id and name."""
        from sqlalchemy import select

        from grader.classroom.gradebook.tables import StudentRow

        with self._session() as session:
            return {row.id: row.name for row in session.scalars(select(StudentRow).order_by(StudentRow.id))}

    def history(self, student: str, exercise: str) -> list[tuple[float | None, str, str, datetime]]:
        """Every override of a student at an exercise, the oldest first: score, comment, who, when."""
        from sqlalchemy import select

        from grader.classroom.gradebook.tables import OverrideRow

        query = select(OverrideRow).filter_by(student_id=student, exercise_id=exercise).order_by(OverrideRow.id)
        with self._session() as session:
            return [(row.score, row.comment, row.who, row.made.replace(tzinfo=UTC)) for row in session.scalars(query)]

    def check_order(self) -> dict[str, list[str]]:
        """Each exercise's check ids in the order of its score sheet."""
        from sqlalchemy import select

        from grader.classroom.gradebook.tables import ExerciseRow

        with self._session() as session:
            rows = session.scalars(select(ExerciseRow).order_by(ExerciseRow.id))
            return {row.id: list(row.checks) for row in rows}

    def _session(self) -> AbstractContextManager[Session]:
        """A transaction: committed when its block ends well, rolled back when it does not."""
        from sqlalchemy.orm import sessionmaker

        return sessionmaker(self._engine, expire_on_commit=False).begin()


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)  # SQLite keeps no time zone: everything in it is UTC
