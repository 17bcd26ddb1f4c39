"""What is right: the solution notebooks, run beside the learner's and questioned on the same hidden inputs.

A solution's kernel is kept between gradings: only the probes are run again on new inputs. Where the secret from which
inputs are drawn is fixed, as for a class, the answer is kept instead, and the kernel given back.
"""

from __future__ import annotations

import secrets
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial

from grader.course.notebook import read
from grader.errors import InternalError
from grader.execution.background import Background
from grader.execution.session import Session, open_session
from grader.grading.probe import Draws, draw_inputs, probe
from grader.kernels import KernelRequest, KernelSource
from grader.model import Evidence, Exercise, Run

MOST_QUESTIONS = 50  # a kernel grows by some 60 KB with each, so after these another one takes over


@dataclass(frozen=True, slots=True)
class Expected:
    """Hidden inputs and, as soon as it is known, what the solution makes of them; None where there is no solution."""

    draws: Draws
    answer: Future[Evidence | None]

    @classmethod
    def unknown(cls, draws: Draws) -> Expected:
        answer: Future[Evidence | None] = Future()
        answer.set_result(None)
        return cls(draws, answer)


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


class References:
    """The references of all exercises that are being graded. `seed`: the secret of all hidden inputs; without one it
    is fresh for every grading."""

    def __init__(self, source: KernelSource, seed: int | None = None) -> None:
        self._source, self._seed = source, seed
        self._open: dict[str, Reference] = {}
        self._known: dict[str, Expected] = {}  # where there is a seed

    def prepare(self, exercise: Exercise, request: KernelRequest, early: bool) -> None:
        """Start the solution's kernel, if it will be needed, so that it is there in time."""
        if exercise.solution is None or exercise.id in self._known:
            return
        if exercise.id in self._open and self._open[exercise.id].stale:
            self._drop(exercise)
        if exercise.id not in self._open:
            self._open[exercise.id] = Reference(exercise, self._source, request, early)

    def ask(self, exercise: Exercise) -> Expected:
        """Draw hidden inputs, and have the solution questioned; the answer is waited for when the learner's is there.

        To be called when the notebook has run: nothing that it left behind can have seen them.
        """
        if exercise.id in self._known:
            return self._known[exercise.id]
        draws = draw_inputs(exercise, secrets.randbits(128) if self._seed is None else self._seed)
        reference = self._open.get(exercise.id)
        return Expected(draws, reference.ask(draws)) if reference else Expected.unknown(draws)

    def answer(self, exercise: Exercise, expected: Expected) -> Evidence | None:
        """Wait for what is right. Raises InternalError where the solution does not run."""
        try:
            evidence = expected.answer.result()
        except BaseException:
            self._drop(exercise)
            raise
        if self._seed is not None:
            self._known[exercise.id] = expected
            self._drop(exercise)
        return evidence

    def close(self) -> None:
        """Give the solutions' kernels back."""
        while self._open:
            self._open.popitem()[1].close()

    def _drop(self, exercise: Exercise) -> None:
        if exercise.id in self._open:
            self._open.pop(exercise.id).close()
