"""The gradebook's tables, as SQLAlchemy sees them. `migrations/` builds them; a test keeps the two the same.

students -< attempts >- exercises; an attempt has at most one verdict, a verdict has checks and findings. An override
belongs to a student and an exercise, not to a verdict: regrading replaces verdicts and leaves overrides alone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Double, ForeignKey, Index, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

NAMES = {  # constraints have names, so that later migrations can change them
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {dict[str, Any]: JSON, list[str]: JSON, float: Double}  # noqa: RUF012 (SQLAlchemy's own form)


class SettingRow(Table):
    __tablename__ = "settings"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class StudentRow(Table):
    __tablename__ = "students"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="")
    section: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    enrolled: Mapped[bool] = mapped_column(default=False)  # in a table of students: has a row whatever is submitted


class ExerciseRow(Table):
    __tablename__ = "exercises"
    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(default="")
    max_score: Mapped[float] = mapped_column(default=0.0)
    checks: Mapped[list[str]] = mapped_column(default=list)  # ids, in the score sheet's order


class AttemptRow(Table):
    """Something that was handed in; `key` is Submission.key."""

    __tablename__ = "attempts"
    __table_args__ = (Index("ix_attempts_student_exercise", "student_id", "exercise_id"),)
    key: Mapped[str] = mapped_column(primary_key=True)
    student_id: Mapped[str | None] = mapped_column(ForeignKey("students.id"))
    exercise_id: Mapped[str | None] = mapped_column(ForeignKey("exercises.id"))
    sha256: Mapped[str]
    source: Mapped[str]
    submitted: Mapped[datetime | None]
    serial: Mapped[int]
    position: Mapped[int]  # among the attempts of its own intake
    intake: Mapped[int]  # number of the batch that first saw it
    late: Mapped[bool]
    reason: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    platform: Mapped[str]
    hand_back: Mapped[str]
    verdict: Mapped[VerdictRow | None] = relationship(back_populates="attempt", cascade="all, delete-orphan")


class VerdictRow(Table):
    __tablename__ = "verdicts"
    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_key: Mapped[str] = mapped_column(ForeignKey("attempts.key", ondelete="CASCADE"), unique=True)
    status: Mapped[str]
    message: Mapped[str]
    next_step: Mapped[str]
    score: Mapped[float]
    max_score: Mapped[float]
    grader_version: Mapped[str]
    exercise_hash: Mapped[str]
    graded: Mapped[datetime]
    seconds: Mapped[float]  # the whole grading
    execute_seconds: Mapped[float]  # the notebook's own
    environment: Mapped[dict[str, Any]]
    attempt: Mapped[AttemptRow] = relationship(back_populates="verdict")
    checks: Mapped[list[CheckRow]] = relationship(cascade="all, delete-orphan", order_by="CheckRow.position")
    findings: Mapped[list[FindingRow]] = relationship(cascade="all, delete-orphan", order_by="FindingRow.position")


class CheckRow(Table):
    __tablename__ = "checks"
    verdict_id: Mapped[int] = mapped_column(ForeignKey("verdicts.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    check_id: Mapped[str]
    title: Mapped[str]
    status: Mapped[str]
    points: Mapped[float]
    max_points: Mapped[float]
    message: Mapped[str]


class FindingRow(Table):
    __tablename__ = "findings"
    __table_args__ = (Index("ix_findings_code", "code"),)
    verdict_id: Mapped[int] = mapped_column(ForeignKey("verdicts.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    cause: Mapped[str]
    severity: Mapped[str]
    cell: Mapped[int | None]
    line: Mapped[int | None]
    source: Mapped[str]
    operation: Mapped[str]
    variables: Mapped[list[str]]
    message: Mapped[str]


class OverrideRow(Table):
    """A score that a person set; the newest of a student and an exercise counts, one without a score withdraws it."""

    __tablename__ = "overrides"
    __table_args__ = (Index("ix_overrides_student_exercise", "student_id", "exercise_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[str] = mapped_column(ForeignKey("students.id"))
    exercise_id: Mapped[str] = mapped_column(ForeignKey("exercises.id"))
    score: Mapped[float | None]
    comment: Mapped[str]
    who: Mapped[str]
    made: Mapped[datetime]


class CommentRow(Table):
    """A comment without a score: `about` one student, or everybody with a finding or a line of code."""

    __tablename__ = "comments"
    id: Mapped[int] = mapped_column(primary_key=True)
    exercise_id: Mapped[str] = mapped_column(ForeignKey("exercises.id"))
    about: Mapped[str]
    value: Mapped[str]
    text: Mapped[str]
    who: Mapped[str]
    made: Mapped[datetime]
