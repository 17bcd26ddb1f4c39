"""What is known of a found file while its owner is looked for."""

from __future__ import annotations

from dataclasses import dataclass

from grader.classroom.intake.names import Guess
from grader.classroom.intake.notebook import Found


@dataclass(frozen=True, slots=True)
class Claim:
    """A found file, what its names say, the exercise it is for and whose it is ("" while that is not known)."""

    found: Found
    guess: Guess
    exercise: str | None
    student: str = ""
    note: str = ""  # for the instructor, on work that is graded all the same

    @property
    def source(self) -> str:
        return "/".join(self.found.parts)
