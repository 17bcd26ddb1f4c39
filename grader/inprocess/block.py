"""The with statement: from its first line to its last, whatever happens in between.

Nothing of the doctor's may disturb the program. What goes wrong here is told in the findings; an exception of the
program's own passes through.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from grader.inprocess import arrival
from grader.inprocess.conclusion import Result, conclude
from grader.inprocess.findings import Findings
from grader.inprocess.own_code import OwnCode
from grader.model.errors import print_traceback_if_debugging

if TYPE_CHECKING:
    from grader.inprocess.recording import Recording
    from grader.inprocess.repetition import Repetition

STEPS = 30  # enough to see each line of a training loop several times
PASSING = (__file__, sys.modules["contextlib"].__file__)  # files that open a block in somebody's name


class Doctor:
    """`with Doctor() as findings:`. May be used again, for one block after the other.

    `own`: the file of the block, where it is not the caller's. `repetition`: for experiments, where it can be repeated.
    """

    def __init__(self, steps: int = STEPS, own: str | None = None, repetition: Repetition | None = None) -> None:
        if steps < 1:
            raise ValueError(f"steps is {steps}, and at least one has to be recorded")
        self._steps, self._own, self._repetition = steps, own, repetition
        self._open: list[_Block] = []

    def __enter__(self) -> Findings:
        block = _Block(OwnCode(self._own or find_caller()), self._steps, self._repetition)
        self._open.append(block)
        block.begin()
        return block.findings

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.pop().end(error)


class _Block:
    def __init__(self, code: OwnCode, steps: int, repetition: Repetition | None) -> None:
        self._code, self._steps, self._repetition = code, steps, repetition
        self.findings = Findings()
        self._recording: Recording | None = None
        self._is_inner = False
        self._reason = "TensorFlow was not imported, so there was nothing to examine."
        self._stop_waiting: Callable[[], None] = lambda: None

    def begin(self) -> None:
        self._stop_waiting = arrival.call_when_there(self._record)

    def _record(self) -> None:
        try:
            from grader.inprocess import recording
        except Exception as error:  # another version of TensorFlow
            self._fail("The doctor does not know this version of TensorFlow", error)
            return
        try:
            self._recording = recording.join(self._code, self._steps)
            self._is_inner = self._recording.blocks > 1
            if self._repetition is not None:
                self._recording.keep_values()
        except recording.NotHere as error:
            self._reason = str(error)
        except Exception as error:
            self._fail("The doctor could not begin to record", error)

    def end(self, error: BaseException | None) -> None:
        self._stop_waiting()
        if self._recording is None:
            self.findings.fill(Result(self._reason))
            return
        from grader.inprocess import recording

        try:
            if isinstance(error, Exception):
                self._recording.note(error)
            recording.leave(self._recording)
            was_interrupted = not isinstance(error, Exception | None)
            repetition = None if was_interrupted or self._is_inner else self._repetition
            self.findings.fill(conclude(self._recording, self._is_inner, repetition))
        except Exception as failure:
            self._fail("Internal error in the doctor", failure)
            self.findings.fill(Result(self._reason))
        finally:
            self._recording = None

    def _fail(self, what: str, error: Exception) -> None:
        print_traceback_if_debugging()
        self._reason = f"{what} ({type(error).__name__}: {error})."


def find_caller() -> str:
    """The file of the with statement."""
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_code.co_filename in PASSING:
        frame = frame.f_back
    return frame.f_code.co_filename
