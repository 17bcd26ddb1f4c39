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

from grader.errors import InternalError, LostError
from grader.model import Check, CheckSpec, Comparison, Evidence, Exercise
from grader.spec.evidence import freeze

TIMEOUT = 60.0  # seconds; a spec takes a tenth of one
HIDDEN = "runs when you submit"
ROWS = TypeAdapter(tuple[Comparison, ...])


class Judge:
    """A judging process; started at once, so that its imports overlap with the notebook's run. Not for two threads."""

    def __init__(self) -> None:
        self._process = self._start()

    def __enter__(self) -> Judge:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the judging process."""
        _end(self._process)
        self._process.communicate()

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
        if self._process.poll() is not None:
            self._process = self._start()
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        watch = threading.Timer(TIMEOUT, _end, [process])
        watch.start()
        begun = time.monotonic()
        try:
            process.stdin.write(job)
            process.stdin.flush()
            told = process.stdout.readline()
            return dict(json.loads(told))
        except (OSError, ValueError):
            if time.monotonic() - begun < TIMEOUT:
                raise LostError("The process that judges was ended from outside.", "Grade again.") from None
            raise InternalError(f"The spec gave no verdict within {TIMEOUT:.0f} s.", "Tell its author.") from None
        finally:
            watch.cancel()

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-I", "-m", "grader.spec.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )


def _end(process: subprocess.Popen[str]) -> None:
    """With all that it has forked, where there are forks."""
    if os.name == "posix":
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


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
