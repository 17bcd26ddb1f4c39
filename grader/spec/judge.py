"""Evidence -> checks, seen from the grader: keeps a judging process ready and never waits for it without a limit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict
from types import TracebackType
from typing import Any

from pydantic import TypeAdapter

from grader.model import Check, CheckSpec, Comparison, Evidence, Exercise
from grader.model.errors import InternalError, LostError
from grader.resident import borrowing
from grader.resident.borrowing import LentProcess
from grader.spec.evidence import freeze

TIMEOUT = 60.0  # seconds; a spec takes a tenth of one
HIDDEN = "runs when you submit"
ROWS = TypeAdapter(tuple[Comparison, ...])


class Judge:
    """A judging process; started at once, so that its imports overlap with the notebook's run. Not for two threads."""

    def __init__(self) -> None:
        self._process = _open()

    def __enter__(self) -> Judge:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the judging process, or give it back."""
        self._process.close()

    def checks(self, exercise: Exercise, learner: Evidence, reference: Evidence | None) -> tuple[Check, ...]:
        """Run the exercise's spec. Raises InternalError where the spec itself is broken or does not end."""
        spec = exercise.spec
        files = sorted(spec.folder.glob("test_*.py")) if reference else [spec.basics]
        by = {
            "folder": str(spec.folder),
            "files": [str(path) for path in files],
            "checks": [asdict(check) for check in exercise.checks],
            "version": [path.stat().st_mtime_ns for path in sorted(spec.folder.glob("*.py"))],
        }
        evidence = {"learner": freeze(learner), "reference": freeze(reference) if reference else None}
        answer = self._ask(f"{json.dumps(by)}\n{json.dumps(evidence)}\n")
        if answer["problem"]:
            raise InternalError(f"The spec of {exercise.id} is broken: {answer['problem']}.", "Tell its author.")
        return tuple(_check(check, answer["results"].get(check.id)) for check in exercise.checks)

    def _ask(self, job: str) -> dict[str, Any]:
        if not self._process.runs():
            self._process.close()
            self._process = _open()
        watch = threading.Timer(TIMEOUT, self._process.kill)
        watch.start()
        begun = time.monotonic()
        try:
            self._process.jobs.write(job)
            self._process.jobs.flush()
            return dict(json.loads(self._process.answers.readline()))
        except (OSError, ValueError):
            if time.monotonic() - begun < TIMEOUT:
                raise LostError("The process that judges was ended from outside.", "Grade again.") from None
            raise InternalError(f"The spec gave no verdict within {TIMEOUT:.0f} s.", "Tell its author.") from None
        finally:
            watch.cancel()


class _Own:
    """A judging process that ends with us."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-m", "grader.spec.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self.jobs, self.answers = self._process.stdin, self._process.stdout

    def runs(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """With all that it has forked, where there are forks."""
        if os.name == "posix":
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        else:
            self._process.kill()

    def close(self) -> None:
        self.kill()
        self._process.communicate()


class _Lent:
    """One that the resident grader keeps."""

    def __init__(self, process: LentProcess) -> None:
        self._process = process
        self._connection = process.connect()
        self.jobs = self.answers = self._connection.makefile("rw", encoding="utf-8")
        self.runs, self.kill = process.runs, process.kill

    def close(self) -> None:
        with suppress(OSError):
            self.jobs.close()
        self._connection.close()
        self._process.end()


def _open() -> _Own | _Lent:
    if lent := borrowing.helper("grader.spec.child"):
        with suppress(OSError):
            return _Lent(lent)
    return _Own()


def unjudged(exercise: Exercise, reason: str) -> tuple[Check, ...]:
    """All checks, skipped for the same reason."""
    return tuple(_check(spec, {"status": "skipped", "message": reason}) for spec in exercise.checks)


def _check(spec: CheckSpec, told: dict[str, Any] | None) -> Check:
    told = told or {"status": "skipped", "message": HIDDEN}
    passed = told["status"] == "passed"
    return Check(
        id=spec.id,
        title=spec.title,
        status=told["status"],
        points=spec.points if passed else 0.0,
        max_points=spec.points,
        message=told.get("message", ""),
        depends_on=spec.needs,
        comparisons=ROWS.validate_python(told.get("comparisons", ())),
    )
