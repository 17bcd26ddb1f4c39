"""What a learner has done so far: attempts, hints seen, exercises passed; and where their reports go.

It lies in the course's folder under .grader/ and reports/; where that is read-only (a shared JupyterHub), in the user's
data folder.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import platformdirs
from pydantic import TypeAdapter, ValidationError

from grader.course.files import write_whole
from grader.model import Exercise, Status, Verdict

APP = "gradient-clinic"
_COSTLESS = (Status.UNGRADABLE, Status.ERROR)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is remembered of a graded submission, so that hints can follow it."""

    sha256: str = ""
    status: str = ""
    message: str = ""
    failing: dict[str, str] = field(default_factory=dict)  # by check that failed, why
    findings: str = ""  # packed: see grader.course.reveal
    time: float = 0.0  # seconds since 1970


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a learner is with one exercise."""

    attempts: int = 0
    passed: bool = False
    best: float = 0.0
    stuck: int = 0  # failing attempts in a row, each with other code, whose score was no better than the best before
    last: Attempt | None = None
    hints: dict[str, int] = field(default_factory=dict)  # rungs seen, by bug
    lines: tuple[str, ...] = ()  # checks for which the line was asked for

    def seen(self, bug: str) -> int:
        return self.hints.get(bug, 0)

    @property
    def failing(self) -> Mapping[str, str]:
        return self.last.failing if self.last else {}


_STANDINGS = TypeAdapter(dict[str, Standing])


class Progress:
    """The learner's standings in one course, kept in a file."""

    def __init__(self, course: Path) -> None:
        self.home = _home(course)
        self._path = self.home / ".grader" / "progress.json"
        self._standings = self._read()

    def standing(self, exercise: Exercise) -> Standing:
        return self._standings.get(exercise.id, Standing())

    def note(self, exercise: Exercise, verdict: Verdict, packed: str = "") -> Standing:
        """Remember a verdict, and its findings as `grader.course.reveal` packs them. What was not the learner's fault
        costs no attempt."""
        if verdict.status in _COSTLESS:
            return self.standing(exercise)
        failing = {check.id: check.message for check in verdict.checks if check.status == "failed"}
        attempt = Attempt(verdict.notebook_sha256, verdict.status, verdict.message, failing, packed, time.time())
        return self._change(
            exercise,
            lambda before: replace(
                before,
                attempts=before.attempts + 1,
                passed=before.passed or verdict.status == Status.PASSED,
                best=max(before.best, verdict.score),
                stuck=_stuck(before, verdict),
                last=attempt,
            ),
        )

    def add_findings(self, exercise: Exercise, verdict: Verdict, packed: str) -> Standing:
        """The doctor has spoken, later than the verdict that was noted."""

        def change(before: Standing) -> Standing:
            last = before.last
            if last is None or last.sha256 != verdict.notebook_sha256:
                return before
            return replace(before, last=replace(last, findings=packed))

        return self._change(exercise, change)

    def see_hint(self, exercise: Exercise, bug: str) -> Standing:
        """Remember that one more rung of a bug's ladder was shown."""
        return self._change(
            exercise,
            lambda before: replace(before, hints={**before.hints, bug: before.seen(bug) + 1}),
        )

    def see_line(self, exercise: Exercise, check: str) -> Standing:
        """Remember that the line behind a check was asked for."""
        return self._change(
            exercise, lambda before: replace(before, lines=tuple(dict.fromkeys((*before.lines, check))))
        )

    def latest(self, listed: Sequence[Exercise]) -> Exercise | None:
        """Of these exercises the one that was graded last."""
        graded = [(last.time, each.id, each) for each in listed if (last := self.standing(each).last)]
        return max(graded)[2] if graded else None

    def report_path(self, exercise: Exercise) -> Path:
        return self.home / "reports" / f"{exercise.id}.html"

    def _change(self, exercise: Exercise, change: Callable[[Standing], Standing]) -> Standing:
        """Read, change and write under a lock: `watch` and `grade` may do so at the same time."""
        from filelock import FileLock  # takes 50 ms to import, and most commands only read

        self._path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self._path.with_suffix(".lock")):
            self._standings = self._read()
            standing = self._standings[exercise.id] = change(self.standing(exercise))
            text = json.dumps({name: asdict(value) for name, value in self._standings.items()}, indent=1)
            write_whole(self._path, text)
        return standing

    def _read(self) -> dict[str, Standing]:
        try:
            return _STANDINGS.validate_json(self._path.read_bytes())
        except (OSError, ValidationError):  # none yet; a broken file is replaced, as it holds nobody's work
            return {}


def _stuck(before: Standing, verdict: Verdict) -> int:
    if verdict.status == Status.PASSED:
        return 0
    if before.last and before.last.sha256 == verdict.notebook_sha256:  # nothing was tried
        return before.stuck
    return 1 if verdict.score > before.best else before.stuck + 1


def _home(course: Path) -> Path:
    folder = course.parent
    if os.access(folder, os.W_OK):
        return folder
    return platformdirs.user_data_path(APP) / folder.name
