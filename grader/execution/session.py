"""A kernel for one notebook: opened, made ready, given the notebook to run, and questioned afterwards.

    with open_session(source, request) as session:    # the kernel is ready, nothing of the learner's has run
        run = session.run(notebook)
        answer = session.ask("session.recorded", timeout=20)

Between the two lines a caller may wait for a notebook or install more of ours. Whatever the notebook does, the outcome
is a Run. Everything that the kernel answers is plain data in the wire format and is not believed here.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from queue import Empty
from typing import Any

from jupyter_core.utils import run_sync
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from pydantic import TypeAdapter, ValidationError

from grader.course.notebook import Notebook
from grader.execution.executor import ENVIRONMENT_STEP, STARTUP, BrokenMessage, Executor, Progress, silent
from grader.execution.limits import exhausted
from grader.inside import RECORDER, call, installation, installed, wire
from grader.kernels import Cancellation, Kernel, KernelRequest, KernelSource
from grader.model import Cell, CellError, LimitHit, Run, RunStatus, Tree
from grader.model.errors import GraderError, InternalError, LostError
from grader.words import without_noise

FACTS_TIMEOUT = 20.0  # seconds for an answer that costs the kernel nothing
FAULT = TypeAdapter(CellError | None)
LONGEST_TRACEBACK = 20_000  # characters, the last ones
_ANSWER = re.compile(r"'[A-Za-z0-9+/=]*'")


class LostKernel(Exception):  # noqa: N818  not a fault of ours
    """The kernel died, or gave no proper answer in time."""


@contextmanager
def open_session(
    source: KernelSource, request: KernelRequest, cancellation: Cancellation | None = None
) -> Iterator[Session]:
    """A session whose kernel is ready for a notebook; it lives as long as the `with`.

    By `cancellation` another thread may end everything early. Raises InternalError where no kernel can be had.
    """
    with source.kernel(request) as kernel:
        if cancellation is not None:
            cancellation.hold(kernel)
        session = Session(kernel, request, source.sandboxed)
        try:
            session.prepare()
            yield session
        finally:
            session.close()


class Session:
    """A kernel in which one notebook runs and which then answers questions. For the thread that opened it."""

    def __init__(self, kernel: Kernel, request: KernelRequest, sandboxed: bool) -> None:
        self.limits = request.limits
        self.order: tuple[int, ...] = ()  # numbers of the cells that are run
        self._kernel = kernel
        self._device = request.device
        self._sandboxed = sandboxed
        self._executor = Executor(kernel.manager, request.limits)
        self._limit: LimitHit | None = None

    def prepare(self) -> None:
        """Connect, and begin to record. Raises InternalError where the kernel does not come up, GraderError where the
        GPU that was asked for is not there."""
        self._executor.connect()
        start = call("session.start", self._device)
        if not self._true(f"{installed(RECORDER)} and {start} is None"):
            self._install(f"{installation(RECORDER)}; {start}")
        self._require_device()

    def add(self, package: str) -> None:
        """Have one of our packages in the kernel, before the learner's first cell."""
        if not self._true(installed(package)):
            self._install(installation(package))

    def run(self, notebook: Notebook, progress: Progress = silent, may_raise: Collection[int] = ()) -> Run:
        """Run the notebook's cells. Raises LostError where the kernel ended before the first.

        `may_raise`: numbers of the cells after whose exception the next one is run all the same.
        """
        numbers = range(1, len(notebook.cells) + 1)
        self.order = tuple(number for number in numbers if notebook.runs(number))
        sources = [notebook.to_run(number) for number in numbers]
        wall = LimitHit("wall", self.limits.wall, self.limits.wall)
        watch = threading.Timer(self.limits.wall, self._exceed, [wall])
        watch.daemon = True
        watch.start()

        try:
            failure = self._executor.run(sources, progress, may_raise)
        finally:
            watch.cancel()
        if isinstance(failure, CellTimeoutError):
            self._exceed(LimitHit("cell", self.limits.cell, self.limits.cell))
        elif isinstance(failure, BrokenMessage):
            self._kernel.kill()
        return self._outcome(notebook, failure)

    def ask(
        self,
        function: str,
        *arguments: str | float | bool,
        timeout: float,
        max_bytes: int = wire.MAX_BYTES,
        max_items: int = wire.MAX_ITEMS,
    ) -> Tree:
        """The answer of one of `grader.inside`'s functions. Raises LostKernel when there is no proper one, LostError
        when that is for a process of ours."""
        reply = self._execute("", timeout, {"answer": call(function, *arguments)})
        text = reply.get("user_expressions", {}).get("answer", {}).get("data", {}).get("text/plain", "")
        if not isinstance(text, str) or not _ANSWER.fullmatch(text):
            raise LostKernel("the kernel gave no proper answer")
        try:
            return wire.unpack(text[1:-1], max_bytes, max_items)
        except wire.TooLarge as error:
            raise LostKernel(f"the answer is too large ({error})") from None
        except wire.WireError as error:
            raise LostKernel(f"the kernel's answer is not plain data: {error}") from None

    def cell_number(self, count: int | None) -> int | None:
        """The number of the code cell that was run as the `count`-th."""
        return self.order[count - 1] if isinstance(count, int) and 0 < count <= len(self.order) else None

    def end(self) -> None:
        """Nothing more will be asked: the kernel ends now, and nobody waits for that before `close`."""
        self._kernel.kill()

    def close(self) -> None:
        self._executor.close()

    # --- before the notebook -----------------------------------------------------------------------------------

    def _true(self, expression: str) -> bool:
        data = self._prepared("", {"answer": expression}).get("user_expressions", {}).get("answer", {}).get("data", {})
        return bool(data.get("text/plain") == "True")

    def _install(self, code: str) -> None:
        reply = self._prepared(code)
        if reply.get("status") != "ok":
            problem = f"{reply.get('ename')}: {without_noise(str(reply.get('evalue')))}"
            raise InternalError(f"The kernel could not be prepared ({problem}).", ENVIRONMENT_STEP)

    def _prepared(self, code: str, expressions: dict[str, str] | None = None) -> dict[str, Any]:
        """What the kernel answers to code of ours. Raises InternalError where it is gone."""
        try:
            return self._execute(code, STARTUP, expressions)
        except LostKernel as error:
            raise LostError(f"The kernel could not be prepared: {error}.", ENVIRONMENT_STEP) from None

    def _require_device(self) -> None:
        if self._device != "gpu":
            return
        facts: dict[str, Any] = self.ask("session.facts", timeout=FACTS_TIMEOUT)
        if not facts.get("gpus"):
            built = "it sees none on this machine" if facts.get("cuda") else "this TensorFlow is built without it"
            raise GraderError(
                f"There is no GPU that TensorFlow can use: {built}.",
                "Grade with --device cpu, or see what `python -m grader env` reports about the GPU.",
            )

    # --- after the notebook ------------------------------------------------------------------------------------

    def _exceed(self, limit: LimitHit) -> None:
        """A limit is exceeded: note which, and end the kernel."""
        self._limit = self._limit or limit
        self._kernel.kill()

    def _require_own_processes(self) -> None:
        """The kernel died. Raise LostError where that is no affair of the notebook's."""
        if self._kernel.lost():
            raise LostError("The process that watches the notebook's kernel was ended from outside.", "Grade again.")

    def _outcome(self, notebook: Notebook, failure: Exception | None) -> Run:
        status: RunStatus = "completed"
        limit = error = None
        if isinstance(failure, CellExecutionError):
            error = self._fault(failure)
            limit = exhausted(error, self.limits, self._sandboxed)
            status = "killed" if limit else "crashed"
        elif failure is not None:
            limit = self._limit or self._kernel.limit_hit()
            if limit is None:
                self._require_own_processes()
            status = "timed_out" if limit and limit.is_timeout else "killed"
        seconds, stopped = self._executor.seconds, self._executor.current if failure is not None else None
        cells = []
        for number, source in enumerate(notebook.cells, start=1):
            if number == stopped:
                cells.append(Cell(number, source, "failed", seconds.get(number, 0.0), error))
            else:
                cells.append(Cell(number, source, "ok" if number in seconds else "not_run", seconds.get(number, 0.0)))
        return Run(status, tuple(cells), limit, sum(seconds.values()))

    def _fault(self, failure: Exception) -> CellError:
        """The exception as the kernel describes it, or else as the message has it that came with it."""
        told = None
        with suppress(LostKernel, ValidationError):
            told = FAULT.validate_python(self.ask("session.fault", timeout=self.limits.probe))
        if told is None:
            told = CellError(getattr(failure, "ename", "Error"), getattr(failure, "evalue", ""))
        cell = self.cell_number(told.cell)
        return CellError(
            type=without_noise(told.type).strip()[:200],
            message=without_noise(told.message).strip(),
            cell=cell or self._executor.current,
            line=told.line if cell else None,
            column=told.column if cell else None,
            end_column=told.end_column if cell else None,
            traceback=without_noise(getattr(failure, "traceback", ""))[-LONGEST_TRACEBACK:],
        )

    # --- the channel ---------------------------------------------------------------------------------------------

    def _execute(self, code: str, timeout: float, expressions: dict[str, str] | None = None) -> dict[str, Any]:
        client = self._executor.kc
        if client is None:
            raise LostKernel("the kernel never answered")
        message = client.execute(code, silent=True, store_history=False, user_expressions=expressions or {})
        return dict(run_sync(self._reply)(client, message, time.monotonic() + timeout)["content"])

    async def _reply(self, client: Any, message: str, deadline: float) -> dict[str, Any]:
        while True:
            try:
                reply: dict[str, Any] = await client.get_shell_msg(timeout=0.25)
            except Empty:
                if not await client.is_alive():
                    self._require_own_processes()
                    limit = self._kernel.limit_hit()
                    problem = "the answer is too large" if limit and limit.name == "output" else "the kernel died"
                    raise LostKernel(problem) from None
                if time.monotonic() > deadline:
                    raise LostKernel("the kernel gave no answer in time") from None
            except (ValueError, KeyError, TypeError) as error:  # a forged or garbled message
                raise LostKernel(f"the kernel sent a broken message ({type(error).__name__})") from None
            else:
                if reply.get("parent_header", {}).get("msg_id") == message:
                    return reply
