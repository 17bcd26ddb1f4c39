"""A kernel that runs: what every source hands out, whichever way the process was started.

In comes a request and a launcher, out goes a Kernel for the length of a `with`: its folder (private, empty but for the
exercise's data files), a started manager, and an end that leaves no process, file or socket behind.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import zmq
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync

from grader.kernels import KernelRequest
from grader.kernels.provisioner import Process, SourcedKernelManager
from grader.model import LimitHit

MAX_SOCKET_PATH = 100  # of 108 (Linux) or 104 (macOS) bytes in a unix socket's address


class RunningKernel:
    """A kernel of which the process is known; see grader.kernels.Kernel."""

    def __init__(self, manager: AsyncKernelManager) -> None:
        self.manager = manager
        self.process: Process | None = None
        self._limit: LimitHit | None = None

    def limit_hit(self) -> LimitHit | None:
        return self._limit

    def exceed(self, limit: LimitHit) -> None:
        """A limit was passed: remember the first one, and end the kernel."""
        self._limit = self._limit or limit
        self.kill()

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()


@contextmanager
def private_folder() -> Iterator[Path]:
    """A folder that nobody else can read, short enough for unix sockets; removed at the end, whatever is in it."""
    folder = Path(tempfile.mkdtemp(prefix="clinic-")).resolve()
    if len(os.fsencode(folder)) > MAX_SOCKET_PATH - 20 and Path("/tmp").is_dir():  # a long TMPDIR
        folder.rmdir()
        folder = Path(tempfile.mkdtemp(prefix="clinic-", dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, onerror=_make_writable)


def _make_writable(remove: Callable[[str], Any], path: str, _problem: object) -> None:
    """A notebook may have taken our right to delete from a folder: take it back."""
    for target in (Path(path).parent, Path(path)):
        if not target.is_symlink() and target.exists():
            target.chmod(0o700)
    if Path(path).is_dir() and not Path(path).is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        Path(path).unlink(missing_ok=True)


def copy_data(request: KernelRequest, work: Path) -> None:
    """Put the exercise's data files into the work folder."""
    for name, file in request.data.items():
        target = work / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)


@contextmanager
def started(manager: SourcedKernelManager, kernel: RunningKernel) -> Iterator[RunningKernel]:
    """The kernel, started; ended with everything that it started."""
    try:
        run_sync(manager.start_kernel)()
        yield kernel
    finally:
        kernel.kill()
        run_sync(manager.shutdown_kernel)(now=True) if manager.has_kernel else run_sync(manager.cleanup_resources)()


def connection(folder: Path) -> dict[str, Any]:
    """The manager's traits that say where the kernel listens: unix sockets in a private folder, else TCP."""
    file = str(folder / "connection.json")
    if not zmq.has("ipc"):  # Windows
        return {"connection_file": file, "transport": "tcp"}
    ports = dict.fromkeys(("shell_port", "iopub_port", "stdin_port", "hb_port", "control_port"), 0)
    ports = {name: number for number, name in enumerate(ports, start=1)}
    return {"connection_file": file, "transport": "ipc", "ip": str(folder / "s"), **ports}
