"""One solution in a kernel of its own, questioned on hidden inputs again and again."""

from __future__ import annotations

from concurrent.futures import Future
from functools import partial

from grader.course.notebook import read
from grader.execution.background import Background
from grader.execution.session import Session, open_session
from grader.grading.probe import Draws, probe
from grader.kernels import KernelRequest, KernelSource
from grader.model import Evidence, Exercise, Run
from grader.model.errors import InternalError

MOST_QUESTIONS = 50  # a kernel grows by some 60 KB with each, so after these another one takes over


class Reference:
    """One solution in a kernel of its own. The kernel is started at once; the solution is run there when it is first
    asked for, or at once too where it is `early`."""

    def __init__(self, exercise: Exercise, source: KernelSource, request: KernelRequest, early: bool = True) -> None:
        assert exercise.solution is not None
        self._exercise, self._solution = exercise, exercise.solution
        self._stamp = self._solution.stat().st_mtime_ns
        self._background = Background(f"reference {exercise.id}", partial(open_session, source, request))
        self._run: Run | None = None
        self._questions = 0
        if early:
            self._background.submit(self._run_solution)

    def ask(self, draws: Draws) -> Future[Evidence | None]:
        """Have the solution's functions called on these inputs, beside whatever else is done. The answer raises
        InternalError where the solution itself does not run."""
        self._questions += 1
        return self._background.submit(partial(self._answer, draws))

    @property
    def stale(self) -> bool:
        """The solution has changed since, or the kernel has been asked too often."""
        return self._questions >= MOST_QUESTIONS or self._stamp != self._solution.stat().st_mtime_ns

    def close(self) -> None:
        """End the kernel, whatever it does."""
        self._background.close()

    def _run_solution(self, session: Session) -> Run:
        if self._run is None:
            self._run = session.run(read(self._solution))
        return self._run

    def _answer(self, draws: Draws, session: Session) -> Evidence:
        evidence = probe(self._exercise, session, self._run_solution(session), draws)
        broken = next((p.error for p in evidence.probes if p.error), None) or evidence.run.error
        if evidence.run.status == "completed" and not broken and len(evidence.probes) == len(draws):
            return evidence
        problem = f"{broken.type}: {broken.message}" if broken else evidence.run.status
        raise InternalError(f"The solution of {self._exercise.id} does not run ({problem}).", "Tell its author.")
