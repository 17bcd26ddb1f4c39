"""The solution notebook, run beside the learner's: what its functions give on the same hidden inputs is what is right.

A session belongs to the thread that opened it, so each reference has a thread of its own. It is kept between gradings:
only the probes are run again on new inputs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue

from grader.errors import InternalError
from grader.execute import open_session
from grader.kernels import KernelRequest, KernelSource
from grader.model import Evidence, Exercise
from grader.notebook import read
from grader.probe import Draws, probe

_Job = tuple[Callable[[], Draws], "Future[Evidence]"]


class Reference:
    """A kernel in which an exercise's solution runs; started at once, questioned as often as needed."""

    def __init__(self, exercise: Exercise, source: KernelSource, request: KernelRequest) -> None:
        assert exercise.solution is not None
        self.exercise = exercise
        self.stamp = exercise.solution.stat().st_mtime_ns
        self._source, self._request = source, request
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name=f"reference {exercise.id}", daemon=True)
        self._thread.start()

    def evidence(self, draws: Draws) -> Evidence:
        """The solution's evidence on these inputs. Raises InternalError where the solution itself does not run."""
        answer: Future[Evidence] = Future()
        self._jobs.put((lambda: draws, answer))
        evidence = answer.result()
        broken = next((p.error for p in evidence.probes if p.error), None) or evidence.run.error
        if evidence.run.status != "completed" or broken or len(evidence.probes) != len(draws):
            problem = f"{broken.type}: {broken.message}" if broken else evidence.run.status
            raise InternalError(f"The solution of {self.exercise.id} does not run ({problem}).", "Tell its author.")
        return evidence

    def close(self) -> None:
        """Give the kernel back."""
        self._jobs.put(None)
        self._thread.join()

    def _serve(self) -> None:
        failure: BaseException | None = None
        try:
            assert self.exercise.solution is not None
            with open_session(read(self.exercise.solution), self._source, self._request) as session:
                while job := self._jobs.get():
                    draws, answer = job
                    answer.set_result(probe(self.exercise, session, draws))
                return
        except BaseException as error:
            failure = error
        while job := self._jobs.get():  # whoever asks is told; nobody waits for a thread that is gone
            job[1].set_exception(failure)
