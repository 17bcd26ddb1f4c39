"""Cold kernels: a fresh interpreter for each notebook. They work everywhere, and take seconds to import TensorFlow.

No wall stands between such a kernel and its user's files; what it gets is an empty folder to work in, a clean
environment, limits where the system has them, and an end that takes all of its descendants along.
"""

from __future__ import annotations

import json
import os
import shutil
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
from grader.inside import folders
from grader.kernels import CARDS, KernelRequest, shows_gpu, tensorflow_environment
from grader.kernels.limits import Watchdog
from grader.kernels.running import RunningKernel, running
from grader.kernels.scratch import Scratch
from grader.model import Device, LimitHit, Limits

MARK = "CLINIC_HOME"  # in the environment of a kernel and all that it starts: a folder that is the kernel's alone
LAUNCHER = Path(inside.__file__).with_name("cold.py")

# What of our own environment a kernel gets: nothing that names the user, the course, or a secret.
KEPT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "CUDA_HOME")
KEPT_ON_WINDOWS = ("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "TEMP", "TMP", "NUMBER_OF_PROCESSORS")


def environment(device: Device, home: Path, outer: Mapping[str, str] = os.environ) -> dict[str, str]:
    """A kernel's environment."""
    kept = {name: outer[name] for name in KEPT + KEPT_ON_WINDOWS * (os.name == "nt") if name in outer}
    hidden = {} if shows_gpu(device) else {CARDS: "-1"}
    parent = {"JPY_PARENT_PID": str(os.getpid())} if os.name == "posix" else {}  # ipykernel then ends with us
    return {
        **kept,
        **parent,
        "HOME": str(home),
        "USERPROFILE": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        **tensorflow_environment(outer),
        **hidden,
        MARK: str(home),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


class Tree:
    """A process that we started, and its descendants, as far as they can still be found."""

    def __init__(self, process: subprocess.Popen[bytes], mark: str, limits: Limits) -> None:
        self._process, self._mark = process, mark
        self._watchdog = Watchdog(process.pid, limits, self.kill)
        self._lock = threading.Lock()  # between asking whether the process is there, and signalling its group
        self._watchdog.start()

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
            self._end_runaways()

    def _end_runaways(self) -> None:
        """End what left the tree before the watchdog saw it, unless it also dropped its environment."""
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get(MARK) == self._mark:
                    process.kill()

    def limit_hit(self) -> LimitHit | None:
        return self._watchdog.hit

    def lost(self) -> bool:
        """No: nothing stands between us and the kernel, so that whatever ended it may have been the notebook."""
        return False

    def close(self) -> None:
        self.kill()
        self._watchdog.join()


class ColdSource:
    """Starts a fresh interpreter for each kernel."""

    sandboxed = False
    recipe = None

    def __init__(self, notice: str = "") -> None:
        self.notice = notice
        self._scratch = Scratch()

    @contextmanager
    def kernel(self, request: KernelRequest) -> Iterator[RunningKernel]:
        with self._scratch.folder() as folder:
            work, home = folder / "work", folder / "home"
            work.mkdir()
            home.mkdir()
            folders.link({name: str(path) for name, path in request.at_home.items()}, home)
            if request.folders:
                shown = [(path.name, str(path)) for path in request.folders]
                work = folders.lay_out(shown, work, folders.COPIED_IN_THE_OPEN)
            _copy_data(request, work)

            def launch(manager: AsyncKernelManager) -> Tree:
                process = _interpreter(manager.connection_file, request, work, home)
                return Tree(process, str(home), request.limits)

            with running(request, folder, launch) as kernel:
                yield kernel

    def close(self) -> None:
        self._scratch.close()


def _interpreter(connection_file: str, request: KernelRequest, work: Path, home: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, str(LAUNCHER), json.dumps(asdict(request.limits)), connection_file],
        cwd=work,
        env=environment(request.device, home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=os.name == "posix",
    )


def _copy_data(request: KernelRequest, work: Path) -> None:
    """Put the exercise's data files into the work folder."""
    for name, file in request.data.items():
        target = work / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
