"""Cold kernels: a fresh interpreter for each notebook. They work everywhere, and take seconds to import TensorFlow.

No wall stands between such a kernel and its user's files; what it gets is an empty folder to work in, a clean
environment, limits where the system has them, and an end that takes all of its descendants along.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

import psutil
from jupyter_client.manager import AsyncKernelManager

from grader import inside
from grader.kernels import KernelRequest
from grader.kernels.limits import Watchdog
from grader.kernels.provisioner import SourcedKernelManager
from grader.kernels.running import RunningKernel, connection, copy_data, private_folder, started

LAUNCHER = Path(inside.__file__).with_name("cold.py")

# What of our own environment a kernel gets: nothing that names the user, the course, or a secret.
KEPT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "CUDA_HOME")
KEPT_ON_WINDOWS = ("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "TEMP", "TMP", "NUMBER_OF_PROCESSORS")


def environment(device: str, home: Path, outer: Mapping[str, str] = os.environ) -> dict[str, str]:
    """A kernel's environment."""
    kept = {name: outer[name] for name in KEPT + KEPT_ON_WINDOWS * (os.name == "nt") if name in outer}
    hidden = {} if device == "gpu" else {"CUDA_VISIBLE_DEVICES": "-1"}
    return {
        **kept,
        **hidden,
        "HOME": str(home),
        "USERPROFILE": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        "PYTHONHASHSEED": "random",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


class Tree:
    """A process that we started, and its descendants, as far as they can still be found."""

    def __init__(self, process: subprocess.Popen[bytes], watchdog: Watchdog) -> None:
        self._process, self._watchdog = process, watchdog
        self._lock = threading.Lock()  # between asking whether the process is there, and signalling its group

    def poll(self) -> int | None:
        with self._lock:
            return self._process.poll()

    def exit_descriptor(self) -> int | None:
        with self._lock:
            if sys.platform != "linux" or self._process.poll() is not None:
                return None
            return os.pidfd_open(self._process.pid)

    def kill(self) -> None:
        self._watchdog.stop()
        with self._lock:
            tree = list(self._watchdog.seen.values())  # also those that left the group, or lost their parent
            if self._process.poll() is None:
                with suppress(psutil.Error):
                    tree += psutil.Process(self._process.pid).children(recursive=True)
                self._process.kill()
            if os.name == "posix":
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._process.pid, signal.SIGKILL)
            for process in tree:
                with suppress(psutil.Error):  # psutil knows a reused id by its start time
                    process.kill()
            self._process.wait()


class ColdSource:
    """Starts a fresh interpreter for each kernel."""

    @contextmanager
    def kernel(self, request: KernelRequest) -> Iterator[RunningKernel]:
        with private_folder() as folder:
            work, home = folder / "work", folder / "home"
            work.mkdir()
            home.mkdir()
            copy_data(request, work)

            def launch(manager: AsyncKernelManager) -> Tree:
                kernel.process = self._start(manager, request, work, home, kernel)
                return kernel.process

            manager = SourcedKernelManager(launch, **connection(folder))
            kernel = RunningKernel(manager)
            with started(manager, kernel):
                yield kernel

    def close(self) -> None:
        """Nothing is kept between kernels."""

    def _start(
        self, manager: AsyncKernelManager, request: KernelRequest, work: Path, home: Path, kernel: RunningKernel
    ) -> Tree:
        limits = request.limits
        process = subprocess.Popen(
            [sys.executable, str(LAUNCHER), json.dumps(asdict(limits)), manager.connection_file],
            cwd=work,
            env=environment(request.device, home),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=os.name == "posix",
        )
        watchdog = Watchdog(process.pid, limits, kernel.exceed)
        watchdog.start()
        return Tree(process, watchdog)
