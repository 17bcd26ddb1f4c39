"""What intake hands on: one frozen row for everything that was handed in, gradable or not."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Submission:
    student: str  # the id by which the gradebook knows them; "" when it is not known whose this is
    exercise: str | None  # "02_detached_tensors"
    notebook: Path | None  # a private copy; None when refused
    sha256: str  # of the copy; "" when refused
    source: str  # where it lay: "monday.zip/ada/02/notebook.ipynb"
    name: str = ""  # the student's, as people read it
    section: str = ""
    submitted: datetime | None = None  # only when the platform says so
    serial: int = 0  # the platform's own running number, a later upload having the greater one
    late: bool = False
    attempt: int = 1  # among this student's attempts at this exercise, in this intake
    latest: bool = True
    reason: str = ""  # why it cannot be graded; "" when it can
    note: str = ""  # for the instructor, on what is graded all the same
    platform: str = "plain"  # "plain" | "canvas" | "moodle" | "nbgrader" | "gradescope" | "github"
    hand_back: str = ""  # where feedback belongs in an archive for the platform, without the ending
    copy: int = 0  # tells identical files of one student apart

    @property
    def key(self) -> str:
        """The same for the same work of the same student, whatever the folder or archive it comes in next time."""
        what = self.sha256 or f"refused {self.source}"
        parts = (self.student, self.exercise or "", what, str(self.copy))
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
