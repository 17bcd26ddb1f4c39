"""Exercise + notebook -> Verdict: the whole pipeline, and what is kept warm between two gradings.

`Grader.grade` is the one call. `Grader.open` takes it apart for `watch`, which has a kernel ready before the notebook
comes and shows the verdict before the doctor has spoken: see `Grading`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from types import TracebackType

from grader.course.notebook import Notebook
from grader.doctor.remembered import InProcess, Memory, lent, same_run
from grader.execution.executor import Progress, silent
from grader.execution.session import Session, open_session
from grader.grading.probe import probe
from grader.grading.references import References
from grader.grading.twin import Doctor, Twin
from grader.grading.verdict import explained, reason_not_judged, verdict
from grader.kernels import Cancellation, KernelRequest, KernelSource
from grader.model import Device, Exercise, Limits, Status, Timing, Verdict
from grader.model.errors import LostError, UngradableError
from grader.spec.judge import Judge, unjudged

EXPLAINED = (Status.FAILED, Status.CRASHED)  # verdicts that the doctor is asked about


class Grader:
    """Grades one notebook after the other with kernels from one source. Not for two threads at once.

    `seed`: the secret from which hidden inputs are drawn; without one it is fresh for every grading. With one, the
    reference is computed once for each exercise. `memory`: of the doctor's findings.
    """

    def __init__(
        self, source: KernelSource, device: Device = "auto", seed: int | None = None, memory: Memory | None = None
    ) -> None:
        self._source = source
        self._device = device
        self._judge = Judge()
        self._references = References(source, seed)
        self._memory = memory or lent() or InProcess()
        self._cancellation = Cancellation()

    def grade(
        self,
        exercise: Exercise,
        notebook: Notebook,
        limits: Limits | None = None,
        progress: Progress = silent,
        doctor: Doctor = "after",
    ) -> Verdict:
        """Run, question and judge the notebook and, where it failed, have the doctor say where gradients were lost.

        `doctor`: whether it runs the notebook after the verdict or "beside" the grading, which makes a verdict that
        does not need it later, and one that does much earlier.
        Raises UngradableError where the notebook belongs to another exercise, GraderError where the device asked for
        is not there, InternalError where we fail; whatever the notebook does is a Verdict.
        """
        begun = time.monotonic()
        require_own(exercise, notebook)
        request = self._request(exercise, limits)
        known = self._memory.recall(same_run(exercise, notebook, request, self._source.sandboxed)) is not None
        for again in (True, False):
            try:
                with self.open(exercise, limits, progress, "after" if known else doctor) as grading:
                    return grading.explain(notebook, grading.judge(notebook, begun))
            except LostError:
                if not again or self._cancellation.asked:
                    raise
                self.start_anew()
        raise AssertionError("unreachable")

    def judge(
        self, exercise: Exercise, notebook: Notebook, limits: Limits | None = None, progress: Progress = silent
    ) -> Verdict:
        """The same without the doctor: which checks pass is all that some want to know."""
        begun = time.monotonic()
        require_own(exercise, notebook)
        with self.open(exercise, limits, progress) as grading:
            return grading.judge(notebook, begun)

    @contextmanager
    def open(
        self, exercise: Exercise, limits: Limits | None = None, progress: Progress = silent, doctor: Doctor = "after"
    ) -> Iterator[Grading]:
        """A grading that waits for its notebook in a kernel that is ready, and with `doctor` "ready" in another one."""
        self._cancellation = Cancellation()
        request = self._request(exercise, limits)
        # Where the doctor runs beside the notebook, the solution runs after it: there are rarely three processors.
        self._references.prepare(exercise, request, early=doctor != "beside")
        progress("starting a kernel")
        with (
            open_session(self._source, request, self._cancellation) as session,
            closing(Twin(exercise, self._source, request, self._memory, self._cancellation, doctor)) as twin,
        ):
            yield Grading(exercise, session, self._references, self._judge, twin, progress)

    def _request(self, exercise: Exercise, limits: Limits | None) -> KernelRequest:
        return KernelRequest(limits or exercise.limits, self._device, exercise.data_files)

    def start_anew(self) -> None:
        """A process of ours was lost; others may be about to end with it."""
        self.close()
        self._judge = Judge()

    def cancel(self) -> None:
        """Have what runs end soon, from another thread, up to the next grading; what it then says is void."""
        self._cancellation.cancel()

    def close(self) -> None:
        """Give back the kernels of the solutions and the judging process (the source is its owner's)."""
        self._judge.close()
        self._references.close()

    def __enter__(self) -> Grader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Grading:
    """One notebook's way to its verdict: `judge` it, then `explain` the verdict. Made by `Grader.open`."""

    def __init__(
        self,
        exercise: Exercise,
        session: Session,
        references: References,
        judge: Judge,
        twin: Twin,
        progress: Progress,
    ) -> None:
        self._exercise, self._session, self._references = exercise, session, references
        self._judge, self._twin, self._progress = judge, twin, progress

    def judge(self, notebook: Notebook, begun: float | None = None) -> Verdict:
        """The verdict without the doctor's findings. `begun`: since when the person waits, by `time.monotonic`."""
        begun = time.monotonic() if begun is None else begun
        require_own(self._exercise, notebook)
        self._twin.meet(notebook)
        run = self._session.run(notebook, self._progress)
        self._progress("calling your functions on hidden data")
        if run.status != "completed":
            evidence = probe(self._exercise, self._session, run, {})
            self._session.end()
            checks = unjudged(self._exercise, reason_not_judged(run))
            timing = Timing(time.monotonic() - begun, run.seconds, evidence.seconds)
            return verdict(self._exercise, notebook, evidence, checks, None, timing)
        expected = self._references.ask(self._exercise)  # which answers beside the learner's functions
        evidence = probe(self._exercise, self._session, run, expected.draws)
        self._session.end()  # which takes the kernel 0.03 s, while we judge
        right = self._references.answer(self._exercise, expected)
        self._progress("judging")
        judging = time.monotonic()
        checks = self._judge.checks(self._exercise, evidence, right)
        end = time.monotonic()
        timing = Timing(end - begun, run.seconds, evidence.seconds, end - judging)
        return verdict(self._exercise, notebook, evidence, checks, right, timing)

    def explain(self, notebook: Notebook, verdict: Verdict) -> Verdict:
        """The verdict with the doctor's findings, where it failed or crashed."""
        if verdict.status not in EXPLAINED:
            return verdict
        return explained(self._exercise, verdict, *self._twin.findings(notebook, self._progress))


def require_own(exercise: Exercise, notebook: Notebook) -> None:
    """Raise UngradableError where the notebook says that it belongs to another exercise."""
    if notebook.exercise not in (None, exercise.id):
        raise UngradableError(
            f"{notebook.name} belongs to exercise {notebook.exercise}, not to {exercise.id}.",
            f"Grade it with `python -m grader grade {notebook.exercise} --notebook ...`.",
        )
