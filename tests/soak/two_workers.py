"""A Dask cluster of two workers on this machine, for the soak: a real scheduler, real worker processes, one to kill."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil

DASK = Path(sys.executable).with_name("dask")


@contextmanager
def two_workers(folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    """The scheduler's address, and the process that keeps the workers: killed ones are replaced."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    port = address.rpartition(":")[2]
    scratch = ["--local-directory", str(folder), "--dashboard-address", ":0"]
    with ExitStack() as stack:
        for command in (
            ["scheduler", "--host", "127.0.0.1", "--port", port, "--dashboard-address", ":0"],
            ["worker", address, "--nworkers", "2", "--nthreads", "1", *scratch],
        ):
            log = stack.enter_context((folder / f"{command[0]}.log").open("ab"))
            process = subprocess.Popen([DASK, *command], stdout=log, stderr=log, start_new_session=True)
            stack.callback(_end, process)
        yield address, psutil.Process(process.pid)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def kill_one_when(reached: Callable[[], bool], keeper: psutil.Process) -> tuple[threading.Thread, list[int]]:
    """A thread that waits until `reached`, then ends a worker with kill -9; and the process ids that it ended."""
    killed: list[int] = []

    def watch() -> None:
        while not reached():
            time.sleep(0.5)
        workers = [child for child in keeper.children() if "spawn_main" in " ".join(child.cmdline())]
        workers[0].kill()
        killed.append(workers[0].pid)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread, killed
