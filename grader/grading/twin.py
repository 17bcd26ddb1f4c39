"""The doctor's run of the notebook that is being graded: in a kernel of its own, after the grading or beside it.

While an exercise is not yet passed the notebook will probably fail again, so its twin is prepared, or begun, before
that is known. Findings are remembered by what the code is.
"""

from __future__ import annotations

from concurrent.futures import Future
from functools import partial
from typing import Literal

from grader.course.notebook import Notebook
from grader.doctor.examine import Examination, examine, open_traced
from grader.doctor.remembered import Findings, Memory, same_run
from grader.execution.background import Background
from grader.execution.executor import Progress, silent
from grader.execution.session import Session
from grader.kernels import Cancellation, KernelRequest, KernelSource
from grader.model import Exercise

Doctor = Literal["after", "ready", "beside"]  # when the twin is wanted: after the verdict, the same with its kernel
# ready before, or beside the notebook's own run


class Twin:
    """A notebook's examination. Nothing is started before it is needed, or before `doctor` says."""

    def __init__(
        self,
        exercise: Exercise,
        source: KernelSource,
        request: KernelRequest,
        memory: Memory,
        cancellation: Cancellation,
        doctor: Doctor,
    ) -> None:
        self._exercise, self._source, self._request = exercise, source, request
        self._memory, self._cancellation, self._doctor = memory, cancellation, doctor
        self._background: Background[Session] | None = None
        self._examination: Future[Examination] | None = None
        if doctor != "after":
            self._start()

    def meet(self, notebook: Notebook) -> None:
        """This notebook begins to run; its twin too, where it is to run beside it."""
        if self._doctor == "beside":
            self._begin(notebook)

    def findings(self, notebook: Notebook, progress: Progress) -> tuple[Findings, tuple[str, ...]]:
        """What the doctor finds in this notebook, or found in the same code before, and sentences about what of it
        failed. Raises what `examine` raises."""
        key = same_run(self._exercise, notebook, self._request, self._source.sandboxed)
        remembered = self._memory.recall(key)
        if remembered is not None:
            return remembered, ()
        progress("tracing the gradients")
        examination = (self._examination or self._begin(notebook, progress)).result()
        if examination.is_complete and not self._cancellation.asked:
            self._memory.keep(key, examination.findings)
        return examination.findings, examination.gaps

    def close(self) -> None:
        """End its kernel, whatever it does."""
        if self._background is not None:
            self._background.close()

    def _start(self) -> Background[Session]:
        self._background = Background(
            f"doctor of {self._exercise.id}",
            partial(open_traced, self._source, self._request),
            self._cancellation.child(),
        )
        return self._background

    def _begin(self, notebook: Notebook, progress: Progress = silent) -> Future[Examination]:
        background = self._background or self._start()

        def work(session: Session) -> Examination:
            end = background.cancellation
            return examine(notebook, self._source, self._request, opened=session, progress=progress, cancellation=end)

        self._examination = background.submit(work)
        return self._examination
