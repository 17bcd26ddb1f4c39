"""Notebook -> Run: the learner's cells, run by nbconvert's ExecutePreprocessor in a kernel that stays alive.

`open_session` asks a kernel source for a kernel, installs the recorder in it, runs every cell, and hands out a Session
that later stages can question. A notebook may come when the kernel is ready for it: `watch` prepares one ahead.
Whatever the notebook does, the outcome is a Run; the hard part is to notice in bounded time, and with bounded memory,
that a kernel died, hangs, or floods us with output.
"""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import Empty
from typing import Any

import nbformat.v4
from jupyter_core.utils import run_sync
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbconvert.preprocessors import ExecutePreprocessor
from pydantic import TypeAdapter, ValidationError

from grader.course.notebook import Notebook
from grader.errors import GraderError, InternalError
from grader.execution.limits import exhausted
from grader.inside import RECORDER, call, installation, installed, wire
from grader.kernels import Cancellation, Kernel, KernelRequest, KernelSource
from grader.kernels.client import NoticesDeath
from grader.model import Cell, CellError, LimitHit, Limits, Run, Tree

FACTS_TIMEOUT = 20.0  # seconds
STARTUP = 120.0  # seconds for a kernel to start and import TensorFlow on a slow disk
FAULT = TypeAdapter(CellError | None)
_ANSWER = re.compile(r"'[A-Za-z0-9+/=]*'")
_NODE_PREFIX = re.compile(r"\{\{function_node [^}]*\}\}\s*")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


Supply = Callable[[], Notebook]  # may wait for as long as it likes
Prepare = Callable[["Session"], None]


class LostKernel(Exception):  # noqa: N818  not a fault of ours
    """The kernel died, or gave no proper answer in time."""


class Session:
    """A kernel in which a notebook runs and which then answers questions."""

    notebook: Notebook

    def __init__(
        self, kernel: Kernel, supply: Supply, limits: Limits, sandboxed: bool, prepare: Prepare | None = None
    ) -> None:
        self.limits = limits
        self.run = Run("completed", ())
        self._kernel = kernel
        self._supply = supply
        self._sandboxed = sandboxed
        self._prepare = prepare
        self._limit: LimitHit | None = None
        self.order: list[int] = []  # numbers of the cells that are run
        self._executor = _Executor(self)

    def ask(self, function: str, *arguments: str | float | bool, timeout: float) -> Tree:
        """The answer of one of `grader.inside`'s functions. Raises LostKernel when there is no proper one."""
        reply = self._execute("", timeout, {"answer": call(function, *arguments)})
        text = reply.get("user_expressions", {}).get("answer", {}).get("data", {}).get("text/plain", "")
        if not isinstance(text, str) or not _ANSWER.fullmatch(text):
            raise LostKernel("the kernel gave no proper answer")
        try:
            return wire.unpack(text[1:-1])
        except wire.WireError as error:
            raise LostKernel(f"the kernel's answer is not plain data: {error}") from None

    def cell_number(self, count: int | None) -> int | None:
        """The number of the code cell that was run as the `count`-th."""
        return self.order[count - 1] if isinstance(count, int) and 0 < count <= len(self.order) else None

    def exceed(self, limit: LimitHit) -> None:
        """A limit is passed: note which, and end the kernel."""
        self._limit = self._limit or limit
        self._kernel.kill()

    def add(self, package: str) -> None:
        """Have one of our packages in the kernel, before the learner's first cell."""
        if not self._true(installed(package)):
            self.install(installation(package))

    def _true(self, expression: str) -> bool:
        try:
            reply = self._execute("", STARTUP, {"answer": expression})
        except LostKernel as error:
            raise InternalError(f"The kernel could not be prepared: {error}.", ENVIRONMENT_STEP) from None
        data = reply.get("user_expressions", {}).get("answer", {}).get("data", {})
        return bool(data.get("text/plain") == "True")

    def install(self, code: str) -> None:
        """Run code of ours in the kernel, before the learner's first cell. Raises InternalError where it fails."""
        try:
            reply = self._execute(code, STARTUP)
        except LostKernel as error:
            raise InternalError(f"The kernel could not be prepared: {error}.", ENVIRONMENT_STEP) from None
        if reply.get("status") != "ok":
            problem = f"{reply.get('ename')}: {_clean(str(reply.get('evalue')))}"
            raise InternalError(f"The kernel could not be prepared ({problem}).", ENVIRONMENT_STEP)

    def run_cells(self, device: str, on_cell: Callable[[int, int], None] | None) -> None:
        """Run the notebook; the outcome is in `run`."""
        watch = threading.Timer(self.limits.wall, self.exceed, [LimitHit("wall", self.limits.wall, self.limits.wall)])
        watch.daemon = True
        try:
            self._executor.run(self._kernel, lambda: self._begin(device, watch), on_cell)
        finally:
            watch.cancel()
        self.run = self._outcome()

    def end(self) -> None:
        """Nothing more will be asked: the kernel ends now, and nobody waits for that before `close`."""
        self._kernel.kill()

    def close(self) -> None:
        if self._executor.kc is not None:
            self._executor.kc.stop_channels()

    # --- inside ------------------------------------------------------------------------------------------------

    def _begin(self, device: str, watch: threading.Timer) -> list[str]:
        """The kernel is there, and nothing of the learner's has run: what it is to run."""
        start = call("session.start", device)
        if not self._true(f"{installed(RECORDER)} and {start} is None"):
            self.install(f"{installation(RECORDER)}; {start}")
        if self._prepare is not None:
            self._prepare(self)
        self.notebook = notebook = self._supply()
        self.order = [number for number in range(1, len(notebook.cells) + 1) if notebook.runs(number)]
        watch.start()
        return [source if number in self.order else "" for number, source in enumerate(notebook.cells, start=1)]

    def _outcome(self) -> Run:
        executor = self._executor
        if executor.current == 0 and executor.failure is not None:
            raise InternalError("The kernel ended before the notebook's first cell.", ENVIRONMENT_STEP)
        notebook = self.notebook
        status, limit, error = "completed", None, None
        if isinstance(executor.failure, CellExecutionError):
            error = self._fault(executor.failure)
            limit = exhausted(error, self.limits, self._sandboxed)
            status = "killed" if limit else "crashed"
        elif executor.failure is not None:
            limit = self._limit or self._kernel.limit_hit()
            status = "timed_out" if limit and limit.name in ("wall", "cell", "cpu") else "killed"
        cells = []
        for number, source in enumerate(notebook.cells, start=1):
            seconds = executor.seconds.get(number)
            if number == executor.current and executor.failure is not None:
                cells.append(Cell(number, source, "failed", seconds or 0.0, error))
            else:
                cells.append(Cell(number, source, "not_run" if seconds is None else "ok", seconds or 0.0))
        return Run(status, tuple(cells), limit, sum(executor.seconds.values()))

    def _fault(self, failure: Exception) -> CellError:
        """The exception as the kernel describes it, or as the message said that came with it."""
        told = None
        with suppress(LostKernel, ValidationError):
            told = FAULT.validate_python(self.ask("session.fault", timeout=self.limits.probe))
        if told is None:
            told = CellError(getattr(failure, "ename", "Error"), getattr(failure, "evalue", ""))
        cell = self.cell_number(told.cell)
        return CellError(
            type=_clean(told.type)[:200],
            message=_clean(told.message),
            cell=cell or self._executor.current,
            line=told.line if cell else None,
            column=told.column if cell else None,
            end_column=told.end_column if cell else None,
            traceback=_clean(getattr(failure, "traceback", ""))[-20_000:],
        )

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
                    raise LostKernel("the kernel died") from None
                if time.monotonic() > deadline:
                    raise LostKernel("the kernel gave no answer in time") from None
            except (ValueError, KeyError, TypeError) as error:  # a forged or garbled message
                raise LostKernel(f"the kernel sent a broken message ({type(error).__name__})") from None
            else:
                if reply.get("parent_header", {}).get("msg_id") == message:
                    return reply


class _Executor(NoticesDeath, ExecutePreprocessor):  # type: ignore[misc]
    """nbconvert's, which also notes where it is and how long cells take."""

    def __init__(self, session: Session) -> None:
        limits = session.limits
        super().__init__(
            timeout=int(max(1, limits.cell)),
            force_raise_errors=True,
            raise_on_iopub_timeout=True,
            iopub_timeout=10,
            startup_timeout=int(STARTUP),
            store_widget_state=False,
            skip_cells_with_tag="",
            record_timing=False,
        )
        self.session = session
        self.seconds: dict[int, float] = {}
        self.current = 0
        self.failure: Exception | None = None

    def run(
        self,
        kernel: Kernel,
        begin: Callable[[], list[str]],
        on_cell: Callable[[int, int], None] | None,
    ) -> None:
        """Run in the kernel the cells that `begin` answers when it is ready; a failure is kept in `failure`."""
        self._begin = begin
        self._on_cell = on_cell or (lambda _number, _total: None)
        try:
            self.preprocess(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("")]), {}, km=kernel.manager)
        except (CellExecutionError, DeadKernelError) as error:
            self.failure = error
        except CellTimeoutError as error:
            self.failure = error
            self.session.exceed(LimitHit("cell", self.session.limits.cell, self.session.limits.cell))
        except (ValueError, KeyError, TypeError, asyncio.CancelledError) as error:  # forged or garbled messages
            self.failure = DeadKernelError(f"broken message ({type(error).__name__})")
            kernel.kill()

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> Any:
        if index == 0:  # an empty cell of ours, during which the others come
            self.nb.cells += [nbformat.v4.new_code_cell(source) for source in self._begin()]
            if not run_sync(self.kc.is_alive)():  # it may have waited for hours
                raise DeadKernelError("the kernel ended while it waited")
            return cell, resources
        self.current = index
        if not cell.source:
            return cell, resources
        self._on_cell(index, len(self.nb.cells) - 1)
        begun = time.monotonic()
        try:
            return super().preprocess_cell(cell, resources, index)
        finally:
            self.seconds[index] = time.monotonic() - begun


def _clean(text: str) -> str:
    """An error's text without terminal colours and without TensorFlow's internal node names."""
    return _NODE_PREFIX.sub("", _ANSI.sub("", text)).strip()


ENVIRONMENT_STEP = "`python -m grader env` says what works on this machine."


@contextmanager
def open_session(
    notebook: Notebook | Supply,
    source: KernelSource,
    request: KernelRequest,
    on_cell: Callable[[int, int], None] | None = None,
    cancellation: Cancellation | None = None,
    prepare: Prepare | None = None,
) -> Iterator[Session]:
    """Run the notebook in a kernel of its own; the kernel lives as long as the `with`.

    A function in the notebook's place is called when the kernel is ready. `on_cell(number, total)` is called before
    each cell; by `cancellation` another thread may end everything early. `prepare` may install more in the kernel
    before the first cell.
    Raises InternalError where no kernel can be had.
    """
    with source.kernel(request) as kernel:
        if cancellation is not None:
            cancellation.hold(kernel)
        supply = notebook if callable(notebook) else lambda: notebook
        session = Session(kernel, supply, request.limits, source.sandboxed, prepare)
        try:
            session.run_cells(request.device, on_cell)
            yield session
        finally:
            session.close()


def require_device(session: Session, device: str) -> None:
    """Raise GraderError, with the reason, when a GPU was asked for and TensorFlow sees none."""
    if device != "gpu":
        return
    facts: dict[str, Any] = session.ask("session.facts", timeout=FACTS_TIMEOUT)
    if not facts.get("gpus"):
        reason = "it sees none on this machine" if facts.get("cuda") else "this TensorFlow is built without GPU support"
        raise GraderError(
            f"There is no GPU that TensorFlow can use: {reason}.",
            "Grade with --device cpu, or see what `python -m grader env` says about the GPU.",
        )
