"""The solution notebook, run beside the learner's: what its functions give on the same hidden inputs is what is right.

A session belongs to the thread that opened it, so each reference has a thread of its own. It is kept between gradings:
only the probes are run again on new inputs.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from queue import SimpleQueue

from grader.course.notebook import Notebook, read
from grader.errors import InternalError
from grader.execution.executor import Session, open_session
from grader.grading.probe import Draws, probe
from grader.kernels import Cancellation, KernelRequest, KernelSource
from grader.model import Evidence, Exercise

MOST_QUESTIONS = 50  # a kernel grows by some 60 KB with each, so after these another one takes over
_Job = tuple[Draws, "Future[Evidence]"]


class Reference:
    """A kernel for an exercise's solution, questioned as often as needed. It is started at once; the solution is run
    there when it is first asked for, or at once too where it is `early`."""

    def __init__(self, exercise: Exercise, source: KernelSource, request: KernelRequest, early: bool = True) -> None:
        assert exercise.solution is not None
        self.exercise = exercise
        self.stamp = exercise.solution.stat().st_mtime_ns
        self._source, self._request = source, request
        self._cancellation = Cancellation()
        self.asked = 0
        self._begun = threading.Event()
        if early:
            self._begun.set()
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name=f"reference {exercise.id}", daemon=True)
        self._thread.start()

    def ask(self, draws: Draws) -> Future[Evidence]:
        """Have the solution's functions called on these inputs, beside whatever else is done. The answer raises
        InternalError where the solution itself does not run."""
        answer: Future[Evidence] = Future()
        self.asked += 1
        self._begun.set()
        self._jobs.put((draws, answer))
        return answer

    @property
    def stale(self) -> bool:
        """The solution has changed since, or the kernel has been asked too often."""
        assert self.exercise.solution is not None
        return self.asked >= MOST_QUESTIONS or self.stamp != self.exercise.solution.stat().st_mtime_ns

    def close(self) -> None:
        """End the kernel, whatever it does."""
        self._cancellation.cancel()
        self._begun.set()
        self._jobs.put(None)
        self._thread.join()

    def _serve(self) -> None:
        try:
            with open_session(self._solution, self._source, self._request, cancellation=self._cancellation) as session:
                while job := self._jobs.get():
                    self._answer(session, *job)
        except BaseException as error:
            # Whoever asks is told; nobody waits for a thread that is gone. Where we are closed nobody asks any more,
            # and what `close` sends may have been taken from the queue before the kernel's end failed.
            while not self._cancellation.asked and (job := self._jobs.get()):
                job[1].set_exception(error)

    def _solution(self) -> Notebook:
        self._begun.wait()
        assert self.exercise.solution is not None
        return read(self.exercise.solution)

    def _answer(self, session: Session, draws: Draws, answer: Future[Evidence]) -> None:
        evidence = probe(self.exercise, session, draws)
        broken = next((p.error for p in evidence.probes if p.error), None) or evidence.run.error
        if evidence.run.status == "completed" and not broken and len(evidence.probes) == len(draws):
            answer.set_result(evidence)
            return
        problem = f"{broken.type}: {broken.message}" if broken else evidence.run.status
        message = f"The solution of {self.exercise.id} does not run ({problem})."
        answer.set_exception(InternalError(message, "Tell its author."))
