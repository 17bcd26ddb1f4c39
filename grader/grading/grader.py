"""Exercise + notebook -> Verdict: the whole pipeline, and what is kept warm between two gradings."""

from __future__ import annotations

import ast
import hashlib
import secrets
import time
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Literal

from grader.course.notebook import Notebook
from grader.doctor.background import Beside
from grader.doctor.examine import Examination, examine
from grader.doctor.remembered import InProcess, Memory
from grader.errors import UngradableError
from grader.execution.executor import Supply, open_session, require_device
from grader.grading.probe import Draws, draw_inputs, probe
from grader.grading.reference import Reference
from grader.grading.verdict import explained, reason_not_judged, verdict
from grader.kernels import Cancellation, KernelRequest, KernelSource
from grader.model import Evidence, Exercise, Limits, Status, Timing, Verdict
from grader.spec.judge import Judge, unjudged

Progress = Callable[[str], None]
Doctor = Literal["later", "ready", "beside"]


class Grader:
    """Grades one notebook after the other with kernels from one source. Not for two threads at once.

    `seed`: the secret from which hidden inputs are drawn; without one it is fresh for every grading. With one, the
    reference is computed once for each exercise. `memory`: of the doctor's findings.
    """

    def __init__(
        self, source: KernelSource, device: str = "auto", seed: int | None = None, memory: Memory | None = None
    ) -> None:
        self._source = source
        self._device = device
        self._seed = seed
        self._judge = Judge()
        self._references: dict[str, Reference] = {}
        self._known: dict[str, tuple[Draws, Evidence | None]] = {}
        self._beside: Beside | None = None
        self._memory = memory or InProcess()
        self._cancellation = Cancellation()

    def __enter__(self) -> Grader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back the kernels of the solutions and the judging process (the source is its owner's)."""
        self._judge.close()
        self._leave_beside()
        for reference in self._references.values():
            reference.close()
        self._references.clear()

    def grade(
        self,
        exercise: Exercise,
        notebook: Notebook | Supply,
        limits: Limits | None = None,
        progress: Progress | None = None,
        doctor: Doctor = "later",
    ) -> Verdict:
        """Run, question and judge the notebook. A function in its place is called when all is ready for it.

        `doctor`: whether what `explain` needs is begun later, made ready beside the grading or run beside it, which
        makes the verdict a little later and the findings much earlier.
        Raises UngradableError where it belongs to another exercise, GraderError where the device asked for is not
        there, InternalError where we fail; whatever the notebook does is a Verdict.
        """
        if not callable(notebook):
            _require_own(exercise, notebook)
        self._cancellation = Cancellation()
        say = progress or _silent
        begun = time.monotonic()

        def supply() -> Notebook:
            nonlocal begun
            supplied = notebook
            if callable(supplied):
                supplied = supplied()
                begun = time.monotonic()
                _require_own(exercise, supplied)
            self._leave_beside()
            if doctor != "later" and self._memory.recall(_same_code(exercise, supplied)) is None:
                self._beside = Beside(supplied, self._source, self._request(exercise, limits))
            if self._beside is not None and doctor == "beside":
                self._beside.begin()
            return supplied

        self._reference(exercise, early=doctor != "beside")  # the solution is wanted only once the notebook has run
        say("starting a kernel")
        with open_session(
            supply,
            self._source,
            self._request(exercise, limits),
            lambda number, total: say(f"running cell {number} of {total}"),
            self._cancellation,
        ) as session:
            require_device(session, self._device)
            say("calling your functions on hidden data")
            draws = self._draws(exercise)  # only now: nothing that the notebook left behind can have seen them
            completed = session.run.status == "completed"
            expected = self._expected(exercise, draws) if completed else None  # beside the learner's probes
            evidence = probe(exercise, session, draws)
            session.end()  # which takes the kernel 0.03 s, while we judge
            if evidence.run.status != "completed":
                timing = Timing(time.monotonic() - begun, evidence.run.seconds, evidence.seconds)
                checks = unjudged(exercise, reason_not_judged(evidence.run))
                return verdict(exercise, session.notebook, evidence, checks, None, timing)
            right = self._right(exercise, draws, expected)
            say("judging")
            judging = time.monotonic()
            checks = self._judge.checks(exercise, evidence, right)
            end = time.monotonic()
            timing = Timing(end - begun, evidence.run.seconds, evidence.seconds, end - judging)
            return verdict(exercise, session.notebook, evidence, checks, right, timing)

    def explain(
        self, exercise: Exercise, notebook: Notebook, verdict: Verdict, progress: Progress | None = None
    ) -> Verdict:
        """The verdict with the doctor's findings, where it failed or crashed: the notebook is run again, traced."""
        if verdict.status not in (Status.FAILED, Status.CRASHED):
            self._leave_beside()
            return verdict
        key = _same_code(exercise, notebook)
        found = self._memory.recall(key)
        if found is None:
            examined = self._examined(exercise, notebook, progress or _silent)
            found = examined.findings
            if examined.traced and not self._cancellation.asked:
                self._memory.keep(key, found)
        self._leave_beside()
        return explained(exercise, verdict, found)

    def _examined(self, exercise: Exercise, notebook: Notebook, say: Progress) -> Examination:
        if self._beside is None or self._beside.notebook is not notebook:
            return examine(notebook, self._source, self._request(exercise), None, say, self._cancellation)
        say("tracing the gradients")
        return self._beside.result()

    def cancel(self) -> None:
        """Have what runs end soon, from another thread, up to the next `grade`; what it then says is void."""
        self._cancellation.cancel()
        if self._beside is not None:
            self._beside.cancel()

    def _leave_beside(self) -> None:
        if self._beside is not None:
            self._beside.close()
            self._beside = None

    # --- hidden inputs and what they should give -----------------------------------------------------------------

    def _request(self, exercise: Exercise, limits: Limits | None = None) -> KernelRequest:
        data = {name: exercise.folder / name for name in exercise.data}
        return KernelRequest(limits or exercise.limits, self._device, data)

    def _reference(self, exercise: Exercise, early: bool = True) -> Reference | None:
        """The kernel of the solution; started now so that it runs beside the learner's, or right after it."""
        if exercise.solution is None or exercise.id in self._known:
            return None
        kept = self._references.get(exercise.id)
        if kept is not None and kept.stale:
            self._references.pop(exercise.id).close()
            kept = None
        if kept is None:
            kept = self._references[exercise.id] = Reference(exercise, self._source, self._request(exercise), early)
        return kept

    def _draws(self, exercise: Exercise) -> Draws:
        if exercise.id in self._known:
            return self._known[exercise.id][0]
        return draw_inputs(exercise, secrets.randbits(128) if self._seed is None else self._seed)

    def _expected(self, exercise: Exercise, draws: Draws) -> Future[Evidence] | None:
        """Have the solution questioned; the answer is waited for when the learner's is there."""
        reference = self._reference(exercise)
        return reference.ask(draws) if reference else None

    def _right(self, exercise: Exercise, draws: Draws, expected: Future[Evidence] | None) -> Evidence | None:
        if exercise.id in self._known:
            return self._known[exercise.id][1]
        try:
            evidence = expected.result() if expected else None
        except BaseException:
            self._references.pop(exercise.id).close()
            raise
        if self._seed is not None:
            self._known[exercise.id] = (draws, evidence)
            if exercise.id in self._references:
                self._references.pop(exercise.id).close()
        return evidence


def _silent(_text: str) -> None:
    """The progress that nobody wants to see."""


def _same_code(exercise: Exercise, notebook: Notebook) -> str:
    """The same for two notebooks that differ in nothing but comments: neither in what runs nor in where it stands."""
    code = "\0".join([exercise.id, *map(_code, notebook.cells)])
    return hashlib.sha256(code.encode(errors="replace")).hexdigest()


def _code(cell: str) -> str:
    try:
        return ast.dump(ast.parse(cell), include_attributes=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # a magic, or what is no Python
        return cell


def _require_own(exercise: Exercise, notebook: Notebook) -> None:
    if notebook.exercise not in (None, exercise.id):
        raise UngradableError(
            f"{notebook.name} belongs to exercise {notebook.exercise}, not to {exercise.id}.",
            f"Grade it with `python -m grader grade {notebook.exercise} --notebook ...`.",
        )
