"""What the gradebook answers with: one frozen Row for each thing that was handed in, or that was not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from grader.model import Check, Finding

About = Literal["student", "finding", "line"]
NOT_SUBMITTED = "not_submitted"  # in place of a verdict's status


@dataclass(frozen=True, slots=True)
class Override:
    """A score that a person set in place of the grader's."""

    score: float
    comment: str
    who: str
    made: datetime


@dataclass(frozen=True, slots=True)
class Comment:
    """What a person wrote about somebody's work, or about everybody's in which the same stands."""

    exercise: str
    about: About
    value: str  # an id, a diagnostic code, or a line of code
    text: str
    who: str
    made: datetime


@dataclass(frozen=True, slots=True)
class Row:
    key: str
    student: str  # "" when it is not known whose this is
    name: str
    section: str
    exercise: str  # "" when it is not known which this is for
    title: str
    attempt: int  # of this student at this exercise, from 1; 0 where there is none
    counts: bool  # the newest attempt that could be graded, or the row of somebody without one
    late: bool
    submitted: datetime | None
    source: str
    sha256: str
    platform: str
    hand_back: str
    reason: str  # why intake refused it; "" when it may be graded
    status: str  # of the verdict; "" while not graded; NOT_SUBMITTED
    message: str
    next_step: str
    graded_score: float  # the grader's own
    max_score: float
    override: Override | None
    seconds: float
    checks: tuple[Check, ...]
    findings: tuple[Finding, ...]
    grader_version: str
    exercise_hash: str
    note: str = ""  # for the instructor
    days_late: float = 0.0  # after the student's deadline; 0 within the grace, and where no time is known
    comments: tuple[str, ...] = ()  # filled in by grader.classroom.comments
    penalty: float = 0.0  # points that being late takes from the grader's score
    email: str = ""

    @property
    def place(self) -> tuple[str, str, str, int, str]:
        """By student, exercise and attempt."""
        return self.student.casefold(), self.student, self.exercise, self.attempt, self.source

    @property
    def has_score(self) -> bool:
        """Whether there is something to tell other programs: a person's word, or what came of an attempt."""
        return self.counts and (self.override is not None or self.status not in ("", NOT_SUBMITTED))

    @property
    def score(self) -> float:
        """What counts: a person's word before the grader's, from which being late takes something."""
        return self.override.score if self.override else self.graded_score - self.penalty
