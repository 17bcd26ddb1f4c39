"""Work with a kernel in the background, which another thread may end at any moment.

A session belongs to the thread that opened it, so each `Background` has a thread of its own: it opens what it works
with at once (a session), and then does what is submitted, one thing after the other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from grader.kernels import Cancellation

Opened = TypeVar("Opened")
Answer = TypeVar("Answer")


class Background(Generic[Opened]):
    """A thread that opens something and works with it until it is closed. The thread is a daemon: one that hangs does
    not keep the process alive."""

    def __init__(
        self,
        name: str,
        open_: Callable[[Cancellation], AbstractContextManager[Opened]],
        cancellation: Cancellation | None = None,
    ) -> None:
        self.cancellation = cancellation or Cancellation()
        self._open = open_
        self._jobs: SimpleQueue[tuple[Callable[[Opened], Any], Future[Any]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Opened], Answer]) -> Future[Answer]:
        """Have `work` done with what was opened. The future raises what `work`, or the opening, raised."""
        answer: Future[Answer] = Future()
        self._jobs.put((work, answer))
        return answer

    def cancel(self) -> None:
        """Have everything end soon; from any thread."""
        self.cancellation.cancel()
        self._jobs.put(None)

    def close(self) -> None:
        """End the kernel, whatever it does, and wait for the thread."""
        self.cancel()
        self._thread.join()

    def _serve(self) -> None:
        try:
            with self._open(self.cancellation) as opened:
                while job := self._jobs.get():
                    work, answer = job
                    try:
                        answer.set_result(work(opened))
                    except BaseException as error:
                        answer.set_exception(error)
        except BaseException as error:  # it could not be opened, or not be closed: everybody who asks is told
            while not self.cancellation.asked and (job := self._jobs.get()):
                job[1].set_exception(error)
        finally:
            self._cancel_the_rest()

    def _cancel_the_rest(self) -> None:
        """Nobody may wait for an answer that will not come."""
        while True:
            try:
                job = self._jobs.get_nowait()
            except Empty:
                return
            if job is not None:
                job[1].cancel()
