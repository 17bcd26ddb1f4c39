"""Runs cells in a kernel of a source, the way the grader does, and says what became of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import nbformat.v4
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbconvert.preprocessors import ExecutePreprocessor

from grader.kernels import KernelRequest, KernelSource
from grader.kernels.client import NoticesDeath
from grader.model import Device, LimitHit, Limits

SMALL = Limits(wall=20, cell=20, memory=1500)


class Executor(NoticesDeath, ExecutePreprocessor):  # type: ignore[misc]
    """As in grader.execution.executor, without its bookkeeping."""


@dataclass
class Outcome:
    texts: list[str]  # what each cell printed
    error: str = ""  # of the cell that raised
    ending: str = "completed"  # "raised" | "died" | "timed out"
    limit: LimitHit | None = None
    seconds: float = 0.0  # from the first cell on
    exit_status: int | None = None
    reply: Any = field(default=None, repr=False)

    @property
    def text(self) -> str:
        return "".join(self.texts)


def run(
    source: KernelSource,
    *cells: str,
    limits: Limits = SMALL,
    data: Mapping[str, Path] | None = None,
    device: Device = "cpu",
    **changed: Any,
) -> Outcome:
    """Run the cells in a new kernel. `changed`: fields of Limits."""
    limits = replace(limits, **changed)
    with source.kernel(KernelRequest(limits=limits, device=device, data=data or {})) as kernel:
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        executor = Executor(
            timeout=int(limits.cell), iopub_timeout=2, raise_on_iopub_timeout=True, force_raise_errors=True
        )
        outcome = Outcome([])
        begun = time.monotonic()
        wall = threading.Timer(limits.wall, kernel.kill)
        wall.start()
        try:
            executor.preprocess(notebook, {}, km=kernel.manager)
        except CellExecutionError as error:
            outcome.ending, outcome.error = "raised", f"{error.ename}: {error.evalue}"
        except CellTimeoutError:
            outcome.ending = "timed out"
        except (DeadKernelError, RuntimeError):
            outcome.ending = "died"
        finally:
            wall.cancel()
        outcome.seconds = time.monotonic() - begun
        outcome.texts = ["".join(part.get("text", "") for part in cell.outputs) for cell in notebook.cells]
        outcome.limit = kernel.limit_hit()
        if executor.kc is not None:
            executor.kc.stop_channels()
    return outcome
