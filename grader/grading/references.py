"""What is right: the solution notebooks, run beside the learner's and questioned on the same hidden inputs.

A solution's kernel is kept between gradings, by us or by the resident grader: only the probes are run again on new
inputs. Where the secret from which inputs are drawn is fixed, as for a class, the answer is kept instead, and the
kernel given back.
"""

from __future__ import annotations

import secrets
from concurrent.futures import Future
from dataclasses import dataclass

from grader.grading import solutions
from grader.grading.probe import Draws, draw_inputs
from grader.grading.reference import Reference
from grader.grading.solutions import LentReference
from grader.kernels import KernelRequest, KernelSource
from grader.model import Evidence, Exercise


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


class References:
    """The references of all exercises that are being graded. `seed`: the secret of all hidden inputs; without one it
    is fresh for every grading."""

    def __init__(self, source: KernelSource, seed: int | None = None) -> None:
        self._source, self._seed = source, seed
        self._open: dict[str, Reference | LentReference] = {}
        self._known: dict[str, Expected] = {}  # where there is a seed

    def prepare(self, exercise: Exercise, request: KernelRequest, early: bool) -> None:
        """Start the solution's kernel, if it will be needed, so that it is there in time."""
        if exercise.solution is None or exercise.id in self._known:
            return
        if exercise.id in self._open and self._open[exercise.id].stale:
            self._drop(exercise)
        if exercise.id not in self._open:
            kept = solutions.lent(exercise, self._source.recipe, request, early)
            self._open[exercise.id] = kept or Reference(exercise, self._source, request, early)

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
