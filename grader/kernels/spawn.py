"""Starts processes that end with us, from a thread that lives as long as we do.

Linux ends a bubblewrap sandbox (`--die-with-parent`) when the *thread* that started it ends, not when the process
does. A source may be opened in one thread and used in another, so all such processes are started by one thread. In its
first moments bubblewrap's inner process is bound to nobody: until then it is in the process group that `end` kills.
"""

from __future__ import annotations

import os
import select
import signal
import struct
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

CREDENTIALS = struct.Struct("3i")  # of a socket's other end, as Linux gives them: process, user, group

_starter: ThreadPoolExecutor | None = None


def start(
    command: Sequence[str], descriptors: Sequence[int], environment: Mapping[str, str], log: int
) -> subprocess.Popen[bytes]:
    """Start a program that inherits the descriptors and writes its errors to `log`."""
    global _starter
    if _starter is None:
        _starter = ThreadPoolExecutor(1, thread_name_prefix="starts kernels")
    started = _starter.submit(
        subprocess.Popen,
        command,
        pass_fds=tuple(descriptors),
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        cwd="/",
        start_new_session=True,
    )
    try:
        return started.result()
    except BaseException:  # an interrupt: whoever asked will never know of it
        if started.exception() is None:
            end(started.result())
        raise


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that `start` has started, and all of its group."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def readable(descriptor: int, seconds: float = 0) -> bool:
    """Whether there is something to be read within this time; of a process's descriptor: whether it has ended."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _forget() -> None:
    global _starter
    _starter = None  # its thread did not come along


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
