"""What a learner has done so far: attempts, hints seen, exercises passed; and where their reports go.

It lies in the course's folder under .grader/ and reports/; where that is read-only (a shared JupyterHub), in the user's
data folder.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import platformdirs
from pydantic import TypeAdapter, ValidationError

from grader.course.files import write_whole
from grader.model import Exercise, Status, Verdict

APP = "gradient-clinic"
_COSTLESS = (Status.UNGRADABLE, Status.ERROR)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a learner is with one exercise."""

    attempts: int = 0
    passed: bool = False
    best: float = 0.0
    failing: tuple[str, ...] = ()  # checks that failed at the last grading
    hints: dict[str, int] | None = None  # rungs seen, by bug

    def seen(self, bug: str) -> int:
        return (self.hints or {}).get(bug, 0)


_STANDINGS = TypeAdapter(dict[str, Standing])


class Progress:
    """The learner's standings in one course, kept in a file."""

    def __init__(self, course: Path) -> None:
        self.home = _home(course)
        self._path = self.home / ".grader" / "progress.json"
        self._standings = self._read()

    def standing(self, exercise: Exercise) -> Standing:
        return self._standings.get(exercise.id, Standing())

    def note(self, exercise: Exercise, verdict: Verdict) -> Standing:
        """Remember a verdict. What was not the learner's fault costs no attempt."""
        if verdict.status in _COSTLESS:
            return self.standing(exercise)
        failing = tuple(check.id for check in verdict.checks if check.status == "failed")
        return self._change(
            exercise,
            lambda before: replace(
                before,
                attempts=before.attempts + 1,
                passed=before.passed or verdict.status == Status.PASSED,
                best=max(before.best, verdict.score),
                failing=failing,
            ),
        )

    def see_hint(self, exercise: Exercise, bug: str) -> Standing:
        """Remember that one more rung of a bug's ladder was shown."""
        return self._change(
            exercise,
            lambda before: replace(before, hints={**(before.hints or {}), bug: before.seen(bug) + 1}),
        )

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


def _home(course: Path) -> Path:
    folder = course.parent
    if os.access(folder, os.W_OK):
        return folder
    return platformdirs.user_data_path(APP) / folder.name
