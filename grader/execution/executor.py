"""nbconvert's ExecutePreprocessor, taken apart: it connects to a kernel first and runs a notebook's cells later.

`preprocess` does both at once; `setup_kernel` and `preprocess_cell`, of which it consists, are called one by one here.
The hard part is to notice in bounded time, and with bounded memory, that a kernel died, hangs or floods us with output.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any

import nbformat.v4
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbconvert.preprocessors import ExecutePreprocessor

from grader.kernels.client import NoticesDeath
from grader.model import Limits
from grader.model.errors import LostError

STARTUP = 120.0  # seconds for a kernel to start and import TensorFlow on a slow disk
ENVIRONMENT_STEP = "`python -m grader env` shows what works on this machine."
BROKEN_MESSAGE = (ValueError, KeyError, TypeError, asyncio.CancelledError)  # what forged or garbled messages raise

FAILURES: tuple[type[Exception], ...] = (CellExecutionError, CellTimeoutError, DeadKernelError)

Progress = Callable[[str], None]


def silent(_text: str) -> None:
    """The progress that nobody looks at."""


class BrokenMessage(Exception):  # noqa: N818  a notebook's doing
    """The kernel sent what no honest kernel sends."""


class Executor(NoticesDeath, ExecutePreprocessor):  # type: ignore[misc]
    """Runs cells in one kernel; notes which cell it is at (`current`) and how long each took (`seconds`)."""

    def __init__(self, manager: AsyncKernelManager, limits: Limits) -> None:
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
        NotebookClient.__init__(self, nbformat.v4.new_notebook(), manager)  # as `preprocess` does, whose part this is
        self.seconds: dict[int, float] = {}
        self.current = 0

    def connect(self) -> None:
        """Wait until the kernel answers. Raises LostError where it never does."""
        try:
            with self.setup_kernel():  # which leaves a kernel alone that it does not own
                self._check_assign_resources({})
        except (RuntimeError, DeadKernelError) as error:
            raise LostError(f"The kernel did not start: {error}.", ENVIRONMENT_STEP) from None

    def run(self, sources: Sequence[str], progress: Progress, may_raise: Collection[int] = ()) -> Exception | None:
        """Run the cells, of which empty ones are passed over, until one fails; the failure, if any.

        `may_raise`: numbers of the cells after whose exception the next one is run all the same.
        A CellExecutionError is the notebook's own exception, CellTimeoutError its limit; after DeadKernelError there is
        no kernel any more, after BrokenMessage none that can be believed.
        Raises LostError where the kernel died before: it may have waited for hours.
        """
        if not run_sync(self.kc.is_alive)():
            raise LostError("The kernel ended before the notebook's first cell.", ENVIRONMENT_STEP)
        self.nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
        try:
            for index, cell in enumerate(self.nb.cells):
                self.current = index + 1
                if cell.source:
                    progress(f"running cell {self.current} of {len(sources)}")
                    self._run_cell(cell, index, self.current in may_raise)
        except FAILURES as failure:
            return failure
        except BROKEN_MESSAGE as error:
            return BrokenMessage(type(error).__name__)
        return None

    def _run_cell(self, cell: Any, index: int, may_raise: bool) -> None:
        try:
            self.preprocess_cell(cell, {}, index)
        except CellExecutionError:
            if not may_raise:
                raise

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> Any:
        begun = time.monotonic()
        try:
            return super().preprocess_cell(cell, resources, index)
        finally:
            self.seconds[index + 1] = time.monotonic() - begun

    def close(self) -> None:
        """Give the connection back; the kernel is its owner's."""
        if self.kc is not None:
            self.kc.stop_channels()
