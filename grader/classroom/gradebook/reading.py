"""Reads the gradebook's tables into Rows. Which attempt counts is decided here at each reading and stored nowhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from grader.classroom.gradebook.rows import NOT_SUBMITTED, Override, Row
from grader.classroom.gradebook.tables import AttemptRow, ExerciseRow, OverrideRow, StudentRow, VerdictRow
from grader.course.settings import DAY, CourseSettings
from grader.model import Check, CheckStatus, Finding, Severity, Status

Pair = tuple[str, str]
NOT_GRADED: dict[str, Any] = {
    "status": "",
    "message": "",
    "next_step": "",
    "grader_version": "",
    "exercise_hash": "",
    "seconds": 0.0,
}


def rows(session: Session, settings: CourseSettings) -> list[Row]:
    verdict = selectinload(AttemptRow.verdict)
    query = select(AttemptRow).options(
        verdict.selectinload(VerdictRow.checks), verdict.selectinload(VerdictRow.findings)
    )
    students = {row.id: row for row in session.scalars(select(StudentRow))}
    exercises = {row.id: row for row in session.scalars(select(ExerciseRow))}
    overrides = _overrides(session)
    groups: dict[Pair, list[AttemptRow]] = defaultdict(list)
    for attempt in session.scalars(query):
        groups[attempt.student_id or "", attempt.exercise_id or ""].append(attempt)
    result = [
        _row(attempt, number, counts, students.get(group[0]), exercises.get(group[1]), overrides.get(group), settings)
        for group, attempts in groups.items()
        for attempt, number, counts in _numbered(attempts, settings, known=all(group))
    ]
    return sorted(result, key=lambda row: row.place)


def absent_rows(session: Session, submitted: Sequence[Row]) -> list[Row]:
    """For whom there is nothing: everybody enrolled, at each exercise that anybody has submitted; and whoever has a
    score by hand."""
    there = {(row.student, row.exercise) for row in submitted}
    students = {row.id: row for row in session.scalars(select(StudentRow))}
    exercises = {row.id: row for row in session.scalars(select(ExerciseRow))}
    overrides = _overrides(session)
    begun = {exercise for _, exercise in there if exercise}
    pairs = {(student, exercise) for student, row in students.items() if row.enrolled for exercise in begun}
    return [
        _absent(students[student], exercises[exercise], overrides.get((student, exercise)))
        for student, exercise in (pairs | overrides.keys()) - there
    ]


def _absent(student: StudentRow, exercise: ExerciseRow, override: Override | None) -> Row:
    return Row(
        key="",
        student=student.id,
        name=student.name,
        section=student.section,
        email=student.email,
        exercise=exercise.id,
        title=exercise.title,
        attempt=0,
        counts=True,
        late=False,
        submitted=None,
        source="",
        sha256="",
        platform="plain",
        hand_back="",
        reason="",
        graded_score=0.0,
        max_score=exercise.max_score,
        override=override,
        checks=(),
        findings=(),
        **(NOT_GRADED | {"status": NOT_SUBMITTED}),
    )


def _overrides(session: Session) -> Mapping[Pair, Override]:
    newest = {
        (row.student_id, row.exercise_id): row for row in session.scalars(select(OverrideRow).order_by(OverrideRow.id))
    }
    return {
        pair: Override(row.score, row.comment, row.who, row.made.replace(tzinfo=UTC))
        for pair, row in newest.items()
        if row.score is not None
    }


def _numbered(
    attempts: Sequence[AttemptRow], settings: CourseSettings, *, known: bool
) -> Iterator[tuple[AttemptRow, int, bool]]:
    """With its number and whether it counts: the one that the course's settings choose, from those that could be graded
    and were not submitted for another exercise, as long as there is such a one."""
    in_order = sorted(
        attempts, key=lambda one: (one.submitted or datetime.min, one.serial, one.intake, one.position, one.source)
    )
    broken = [one for one in in_order if one.verdict is not None and one.verdict.status == Status.UNGRADABLE]
    gradable = [one for one in in_order if one not in broken] or in_order[-1:]
    chosen = _chosen([one for one in gradable if not one.note] or gradable, settings)
    for number, attempt in enumerate(in_order, start=1):
        yield attempt, number if known else 1, known and attempt is chosen


def _chosen(in_order: Sequence[AttemptRow], settings: CourseSettings) -> AttemptRow:
    if settings.counts == "best":
        return max(enumerate(in_order), key=lambda item: (_graded(item[1]) - _penalty(item[1], settings), item[0]))[1]
    if settings.counts == "before_deadline":
        return ([one for one in in_order if not _lateness(one, settings)] or in_order)[-1]
    return in_order[-1]


def _graded(attempt: AttemptRow) -> float:
    return attempt.verdict.score if attempt.verdict else 0.0


def _lateness(attempt: AttemptRow, settings: CourseSettings) -> timedelta:
    submitted = attempt.submitted.replace(tzinfo=UTC) if attempt.submitted else None
    return settings.lateness(attempt.student_id or "", attempt.exercise_id or "", submitted)


def _penalty(attempt: AttemptRow, settings: CourseSettings) -> float:
    """In points: a share of the attempt's own score."""
    late = _lateness(attempt, settings)
    return _graded(attempt) * settings.late.percent(late) / 100 if late else 0.0


def _row(
    attempt: AttemptRow,
    number: int,
    counts: bool,
    student: StudentRow | None,
    exercise: ExerciseRow | None,
    override: Override | None,
    settings: CourseSettings,
) -> Row:
    verdict = attempt.verdict
    late = _lateness(attempt, settings)
    names = ("status", "message", "next_step", "grader_version", "exercise_hash", "seconds")
    return Row(
        key=attempt.key,
        student=attempt.student_id or "",
        name=student.name if student else "",
        section=student.section if student else "",
        email=student.email if student else "",
        exercise=attempt.exercise_id or "",
        title=exercise.title if exercise else "",
        attempt=number,
        counts=counts,
        late=attempt.late or bool(late),
        days_late=late / DAY,
        penalty=_penalty(attempt, settings),
        submitted=attempt.submitted.replace(tzinfo=UTC) if attempt.submitted else None,
        source=attempt.source,
        sha256=attempt.sha256,
        platform=attempt.platform,
        hand_back=attempt.hand_back,
        reason=attempt.reason,
        note=attempt.note,
        graded_score=verdict.score if verdict else 0.0,
        max_score=verdict.max_score if verdict and verdict.max_score else exercise.max_score if exercise else 0.0,
        override=override if counts else None,
        checks=_checks(verdict) if verdict else (),
        findings=_findings(verdict) if verdict else (),
        **({name: getattr(verdict, name) for name in names} if verdict else NOT_GRADED),
    )


def _checks(verdict: VerdictRow) -> tuple[Check, ...]:
    return tuple(
        Check(row.check_id, row.title, cast(CheckStatus, row.status), row.points, row.max_points, row.message)
        for row in verdict.checks
    )


def _findings(verdict: VerdictRow) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            row.code,
            row.cause,
            cast(Severity, row.severity),
            row.cell,
            row.line,
            None,
            None,
            row.source,
            row.operation,
            tuple(row.variables),
            row.message,
            "",
        )
        for row in verdict.findings
    )
