"""Grades a notebook's newest text as fast as it can, and then has the doctor explain what failed.

A kernel for the next save is ready before it comes, so a save starts its grading at once. One burst of saves must give
one verdict, and waiting for a quiet time after each save would be slow. Instead, a save that comes while an older text
is being graded ends that grading, and no verdict is shown before the file has been quiet. Only the later saves of a
burst wait for quiet before they start. Everything of a grading happens in one thread, which owns the kernels' sessions.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from grader.course.notebook import Notebook
from grader.grading.grader import EXPLAINED, Grader, Grading
from grader.kernels import KernelSource
from grader.model import Device, Exercise, Verdict
from grader.model.errors import GraderError, InternalError, LostError

QUIET = 0.3  # seconds
# Of ours, until a person is told: since the last save the waiting kernel may have died, and the solution's too.
MOST_FAILURES = 3


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
        device: Device,
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
        with Grader(self._source, self._device) as grader, suppress(_Closed):
            self._grader = grader
            failures, doubted = 0, False
            while True:
                try:
                    doubted = self._grade(grader, doubted)
                    failures = 0
                except GraderError as error:
                    failures = failures + 1 if isinstance(error, InternalError) else MOST_FAILURES
                    if isinstance(error, LostError):
                        grader.start_anew()
                    if failures < MOST_FAILURES:
                        self._put_back()
                        continue
                    failures, notebook = 0, self._current
                    self._settle(Graded(notebook, error))
                    if notebook is None:
                        return
                with self._changed:
                    self._current = None

    def _grade(self, grader: Grader, doubted: bool) -> bool:
        """One text, from its wait to the doctor's findings; whether the next one will probably fail as well."""
        with (
            _our_fault(),
            grader.open(self._exercise, progress=self._report, doctor="ready" if doubted else "after") as grading,
        ):
            notebook = self._take()
            verdict = grading.judge(notebook)
            fails = verdict.status in EXPLAINED
            self._settle(Graded(notebook, verdict, explained=not fails))
            if fails and self._newest is None:
                self._settle(Graded(notebook, _explained(grading, notebook, verdict), fresh=False))
            return fails

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


def _explained(grading: Grading, notebook: Notebook, verdict: Verdict) -> Verdict:
    """The verdict with the doctor's findings; where it has none to give, as it is."""
    try:
        with _our_fault():
            return grading.explain(notebook, verdict)
    except GraderError:
        return verdict


@contextmanager
def _our_fault() -> Iterator[None]:
    """What is ended from outside may fail in any way: an InternalError of it."""
    try:
        yield
    except (GraderError, _Closed):
        raise
    except Exception as error:
        raise InternalError(f"The grader itself failed ({type(error).__name__}: {error}).", "Save again.") from error
