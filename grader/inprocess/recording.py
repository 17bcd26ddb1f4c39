"""The trace of a block: begun once TensorFlow is there, bounded, and of one thread.

The hooks are in classes that all threads share, and each asks the log whether it is busy: to any thread but the one
that opened the block it always is. A process has one recording at a time; a block inside a block shares it.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock, get_ident
from typing import Any

from grader.inprocess.own_code import OwnCode
from grader.inside.trace import failures, hooks, variables
from grader.inside.trace.log import Log

MOST_BYTES = 512 << 20  # of the first values that are kept for experiments
MOST_CLOCK = 200_000  # operations and events: 80 steps of a model of 50 layers
PLAN = {"underway": True, "graphs": True}  # variables are older than the trace, and no second run is line by line

_lock = Lock()
_running: Recording | None = None


class OneThreadsLog(Log):
    """Busy in all threads but one, and for good once it is closed."""

    def __init__(
        self, locate: Callable[[str], int | None], steps: int, enough: Callable[[], None], plan: dict[str, Any]
    ) -> None:
        self._thread, self._at_work, self._closed = get_ident(), False, False
        self._steps, self._enough = steps, enough
        super().__init__(locate, plan)

    @property
    def busy(self) -> bool:
        return self._closed or self._at_work or get_ident() != self._thread

    @busy.setter
    def busy(self, value: bool) -> None:
        if get_ident() == self._thread:
            self._at_work = value

    def close(self) -> None:
        self._closed = True

    @property
    def is_closed(self) -> bool:
        return self._closed

    def advanced(self) -> None:
        if not self.busy and (self.steps >= self._steps or max(self.totals.values(), default=0) > self._steps):
            self._enough()

    def tick(self) -> int:
        if self.clock >= MOST_CLOCK:
            self.close()
        return super().tick()


class NotHere(Exception):  # noqa: N818  no error: a sentence that says why nothing can be recorded
    """Nothing can be recorded here."""


class Recording:
    """It may be shared: the hooks are taken out when the last block that uses it ends, or when enough was seen."""

    def __init__(self, code: OwnCode, steps: int, options: dict[str, object]) -> None:
        self.code, self.steps, self.thread = code, steps, get_ident()
        self.blocks = 0
        self.is_full = False
        self.older_tapes = 0  # gradient calls of tapes that had been recording before
        self.has_compiled = False
        self.values: list[tuple[Any, Any]] | None = None  # of variables, where they are kept and not too large
        self._kept_bytes = 0
        self._noted: BaseException | None = None
        self._trace: Any = None
        self._log = OneThreadsLog(code.locate, steps, self._end_early, PLAN | options)
        self._session: hooks.Session | None = hooks.begin(self._log)

    def keep_values(self) -> None:
        """From here on, the value of each variable when it was made or first used is kept."""
        self.values = []
        self._log.entered = self._keep

    def _keep(self, variable: Any) -> None:
        if self.values is not None:
            value = variables.read_value(variable)
            self._kept_bytes += getattr(value, "nbytes", 0)
            self.values.append((variable, value))
            if self._kept_bytes > MOST_BYTES:
                self.values = None

    def note(self, error: BaseException) -> None:
        if self._session is not None and error is not self._noted:
            self._noted = error
            failures.note(self._log, error)

    def trace(self) -> Any:
        """What has been recorded until now."""
        if self._session is not None:
            self._trace = self._fetch(self._session)
        return self._trace

    def end(self) -> None:
        """Takes the hooks out, and closes the log: what a tape has recorded may lead there still."""
        session, self._session = self._session, None
        if session is None:
            return
        self.is_full |= self._log.is_closed
        try:
            session.end()
            self._trace = self._fetch(session)
        finally:
            self._log.close()
            self._log.clear()

    def _end_early(self) -> None:
        self.is_full = True
        with self._log.noting():
            self.end()

    def _fetch(self, session: hooks.Session) -> Any:
        trace = session.result()
        kinds = {event["kind"] for event in trace["events"]}
        self.has_compiled = bool(self._log.captured) or bool(kinds & {"function", "fit"})
        tapes = {event["tape"] for event in trace["events"] if event["kind"] == "tape"}
        older = [event for event in trace["events"] if event["kind"] == "call" and event["tape"] not in tapes]
        self.older_tapes = len(older)
        return {**trace, "events": [event for event in trace["events"] if event not in older]} if older else trace


def join(code: OwnCode, steps: int, options: dict[str, object] | None = None) -> Recording:
    """The recording of this thread, begun where there is none. Raises NotHere.

    `options`: of an experiment, as the trace understands them.
    """
    global _running
    with _lock:
        if _running is None:
            if not hooks.is_possible():
                raise NotHere("The block is inside a compiled function, where nothing can be recorded.")
            _running = Recording(code, steps, options or {})
        elif _running.thread != get_ident():
            raise NotHere("Another thread was being examined at the same time, so this one could not be.")
        _running.blocks += 1
        return _running


def leave(recording: Recording) -> None:
    global _running
    with _lock:
        recording.blocks -= 1
        if not recording.blocks:
            _running = None
            recording.end()
