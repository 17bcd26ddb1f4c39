"""What the gradebook answers with: one frozen Row for each thing that was handed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from grader.model import Check, Finding


@dataclass(frozen=True, slots=True)
class Override:
    """A score that a person set in place of the grader's."""

    score: float
    comment: str
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
    attempt: int  # of this student at this exercise, from 1
    counts: bool  # the newest attempt that could be graded
    late: bool
    submitted: datetime | None
    source: str
    sha256: str
    platform: str
    hand_back: str
    reason: str  # why intake refused it; "" when it may be graded
    status: str  # of the verdict; "" while not graded
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

    @property
    def score(self) -> float:
        """What counts: a person's word before the grader's."""
        return self.override.score if self.override else self.graded_score
