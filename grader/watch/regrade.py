"""A notebook's newest text in, verdicts out, as fast as a verdict can be had; then what the doctor says of the failed.

A kernel for the next save is ready before it comes, so a save starts its grading at once. What is asked for by a quiet
time after a save, that one burst of saves gives one verdict, is had another way: a save that comes while an older text
is being graded ends that grading, and no verdict is told before the file has been quiet. Only the later saves of a
burst wait for quiet before they start. Everything of a grading happens in one thread, which owns the kernels' sessions.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from grader.course.notebook import Notebook
from grader.errors import GraderError, InternalError
from grader.grading.grader import Grader
from grader.kernels import KernelSource
from grader.model import Exercise, Status, Verdict

QUIET = 0.3  # seconds
EXPLAINED = (Status.FAILED, Status.CRASHED)  # verdicts that the doctor is asked about
ATTEMPTS = 3  # where we fail: since the last save the waiting kernel may have died, and the solution's too


@dataclass(frozen=True, slots=True)
class Graded:
    """A text that has been graded: a verdict, or why there is none."""

    notebook: Notebook | None  # None: no kernel could be had, and nothing more will be graded
    outcome: Verdict | GraderError
    fresh: bool = True  # False: the verdict that was told before, now with the places where gradients were lost
    explained: bool = True  # False: it will be told again


class _Closed(Exception):  # noqa: N818  nothing is wrong
    """Leaves a grading that waits for a text."""


class Regrader:
    """Grades the newest text of one exercise's notebook until it is closed. Both callbacks are called from a thread of
    its own: `say` with what is being done, `tell` with what came of it."""

    def __init__(
        self,
        exercise: Exercise,
        source: KernelSource,
        device: str,
        say: Callable[[str], None],
        tell: Callable[[Graded], None],
    ) -> None:
        self._exercise, self._source, self._device = exercise, source, device
        self._say, self._tell = say, tell
        self._changed = threading.Condition()
        self._newest: Notebook | None = None  # to be graded next
        self._current: Notebook | None = None  # being graded
        self._quiet_at = self._start_at = 0.0
        self._closed = False
        self._grader: Grader | None = None
        self._thread = threading.Thread(target=self._serve, name=f"regrades {exercise.id}", daemon=True)
        self._thread.start()

    def submit(self, notebook: Notebook) -> None:
        """Grade this text, and no older one any more."""
        with self._changed:
            now = time.monotonic()
            self._start_at = now + QUIET if now < self._quiet_at else now
            self._quiet_at = now + QUIET
            self._newest = notebook
            if self._current is not None and self._grader is not None:
                self._grader.cancel()
            self._changed.notify_all()

    def close(self, patience: float | None = None) -> bool:
        """End whatever runs; whether everything is given back, which is waited for no longer than `patience`."""
        with self._changed:
            self._closed = True
            if self._grader is not None:
                self._grader.cancel()
            self._changed.notify_all()
        self._thread.join(patience)
        return not self._thread.is_alive()

    # --- in the thread -------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        with Grader(self._source, self._device) as grader:
            self._grader = grader
            attempt, doubted = 1, False
            while not self._closed:
                outcome = self._attempt(lambda: self._grade(grader, doubted))  # noqa: B023  called at once
                if isinstance(outcome, InternalError) and attempt < ATTEMPTS:
                    attempt += 1
                    self._put_back()
                    continue
                attempt = 1
                notebook = self._current
                doubted = isinstance(outcome, Verdict) and outcome.status in EXPLAINED
                self._settle(Graded(notebook, outcome, explained=not doubted))
                if notebook is None:
                    return
                if isinstance(outcome, Verdict) and doubted and self._newest is None:
                    self._explain(grader, notebook, outcome)
                with self._changed:
                    self._current = None

    def _grade(self, grader: Grader, doubted: bool) -> Verdict:
        return grader.grade(self._exercise, self._take, progress=self._report, doctor="ready" if doubted else "later")

    def _explain(self, grader: Grader, notebook: Notebook, verdict: Verdict) -> None:
        outcome = self._attempt(lambda: grader.explain(self._exercise, notebook, verdict, self._report))
        self._settle(Graded(notebook, verdict if isinstance(outcome, GraderError) else outcome, fresh=False))

    def _attempt(self, stage: Callable[[], Verdict]) -> Verdict | GraderError:
        try:
            return stage()
        except GraderError as error:
            return error
        except Exception as error:  # what is ended from outside may fail in any way
            return InternalError(f"The grader itself failed ({type(error).__name__}: {error}).", "Save again.")

    def _take(self) -> Notebook:
        """The text to grade, when there is one; a kernel is ready for it by now."""
        with self._changed:
            while not self._closed:
                wait = self._start_at - time.monotonic()
                if self._newest is not None and wait <= 0:
                    self._current, self._newest = self._newest, None
                    return self._current
                self._changed.wait(wait if self._newest else None)
        raise _Closed

    def _report(self, text: str) -> None:
        if self._current is not None:
            self._say(text)

    def _put_back(self) -> None:
        with self._changed:
            self._newest = self._newest or self._current
            self._current = None

    def _settle(self, graded: Graded) -> None:
        """Tell it once the file is quiet, if no newer text has come."""
        with self._changed:
            while (left := self._quiet_at - time.monotonic()) > 0 and not self._newest and not self._closed:
                self._changed.wait(left)
            news = graded.notebook is None or self._newest is None
        if news and not self._closed:
            self._tell(graded)
