"""A kernel that runs: what every source hands out, whichever way its process was started.

For the length of a `with` it has a started manager and one place that knows which limit was exceeded; its end leaves no
process, file or socket behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import zmq
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync

from grader.inside.measure import MB
from grader.kernels import KernelRequest
from grader.kernels.provisioner import Process, SourcedKernelManager
from grader.model import LimitHit

CHANNELS = ("shell", "iopub", "stdin", "hb", "control")  # the order of a kernel's sockets; ports count from 1


class RunningKernel:
    """A kernel of which the process is known; see grader.kernels.Kernel."""

    manager: AsyncKernelManager

    def __init__(self) -> None:
        self._process: Process | None = None
        self._limit: LimitHit | None = None
        self._killed = False

    def limit_hit(self) -> LimitHit | None:
        return self._limit or (self._process.limit_hit() if self._process else None)

    def lost(self) -> bool:
        return not self._killed and self._process is not None and self._process.lost()

    def flooded(self, allowed: int, came: int) -> None:
        """The kernel sent more than it may."""
        self._limit = self._limit or LimitHit("output", allowed / MB, came / MB)
        self.kill()

    def kill(self) -> None:
        self._killed = True
        if self._process is not None:
            self._process.kill()

    def adopt(self, process: Process) -> Process:
        """The process has been started. A kill may have come while that took its time."""
        self._process = process
        if self._killed:
            process.kill()
        return process


@contextmanager
def running(
    request: KernelRequest, folder: Path, launch: Callable[[AsyncKernelManager], Process]
) -> Iterator[RunningKernel]:
    """A kernel, started by `launch`; ended with everything that it started."""
    kernel = RunningKernel()
    process: Process | None = None

    def launcher(manager: AsyncKernelManager) -> Process:
        nonlocal process
        process = launch(manager)
        return kernel.adopt(process)

    kernel.manager = manager = SourcedKernelManager(
        launcher, request.limits.output * MB, kernel.flooded, **_addresses(folder)
    )
    try:
        run_sync(manager.start_kernel)()
        yield kernel
    finally:
        kernel.kill()
        if process is not None:
            process.close()
        run_sync(manager.cleanup_resources)()


def _addresses(folder: Path) -> dict[str, Any]:
    """The manager's traits that say where the kernel listens: unix sockets in its folder, TCP on Windows."""
    file = str(folder / "connection.json")
    if not zmq.has("ipc"):
        return {"connection_file": file, "transport": "tcp"}
    ports = {f"{name}_port": number for number, name in enumerate(CHANNELS, start=1)}
    return {"connection_file": file, "transport": "ipc", "ip": str(folder / "s"), **ports}
