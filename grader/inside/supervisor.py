"""Process 1 of a notebook's namespace: starts the kernel, watches its limits, and takes everything down at the end.

It sends the grader three kinds of messages: `started`, `limit` and `exit`. When the grader closes the connection, or
dies, the supervisor leaves; when it leaves, the Linux kernel ends every process of the namespace, whatever a notebook
may have started. No handler for any signal may be installed here: only signals without a handler bounce off a
namespace's process 1.

Without a sandbox there is no namespace: then the supervisor adopts orphans and ends what it can find.
Untrusted side; standard library only.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress

from grader.inside import isolate, measure
from grader.inside.measure import MB

INTERVAL = 0.05  # seconds between looks; memory grows by at most 0.2 GB meanwhile
PR_SET_CHILD_SUBREAPER = 36


def supervise(
    limits: dict[str, float], grader: socket.socket, sockets: list[int], walls: bool, kernel: Callable[[], None]
) -> None:
    """Start `kernel` in a child and stay until it, the grader's connection or a limit ends. Does not return."""
    if not walls:
        isolate.prctl(PR_SET_CHILD_SUBREAPER, 1)
    child = os.fork()
    if child == 0:
        kernel()  # keeps the connection until a notebook's code may run, to say why it could not start
        os._exit(0)
    for descriptor in sockets:  # the kernel's alone
        os.close(descriptor)
    send(grader, event="started")
    status = _watch(limits, grader, child, walls)
    if not walls:
        _end_descendants()
    send(grader, event="exit", status=status)
    os._exit(0)


def send(grader: socket.socket, **message: object) -> None:
    with suppress(OSError):
        grader.send(json.dumps(message).encode())


def _watch(limits: dict[str, float], grader: socket.socket, child: int, walls: bool) -> int | None:
    """Wait for the end; returns the kernel's exit status if it ended by itself."""
    descriptor = os.pidfd_open(child)
    events = select.poll()
    events.register(descriptor, select.POLLIN)
    events.register(grader, select.POLLIN)
    while True:
        ready = dict(events.poll(INTERVAL * 1000))
        if grader.fileno() in ready:
            return None
        if descriptor in ready:
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        _reap(child)
        orphans = resource.getrusage(resource.RUSAGE_CHILDREN)  # those that have ended
        hit = _exceeded(limits, walls, orphans.ru_utime + orphans.ru_stime)
        if hit is not None:
            send(grader, event="limit", name=hit[0], used=hit[1])
            return None


def _exceeded(limits: dict[str, float], walls: bool, gone: float) -> tuple[str, float] | None:
    own = os.getpid()
    pids = [pid for pid in measure.processes() if pid != own] if walls else measure.descendants(own)
    files = 0
    if walls:
        room = os.statvfs(isolate.WORK)
        files = (room.f_blocks - room.f_bfree) * room.f_frsize
    allowed = limits["memory"] * MB
    used = measure.memory(pids, int(allowed) - files) + files
    if used > allowed:
        return "memory", used / MB
    seconds, threads = measure.seconds_and_threads(pids)
    if seconds + gone > limits["cpu"]:
        return "cpu", seconds + gone
    if threads > limits["processes"]:
        return "processes", threads
    return None


def _reap(child: int) -> None:
    """Wait for adopted orphans that have ended, but never for the kernel itself."""
    with suppress(ChildProcessError):
        while True:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is None or ended.si_pid == child:
                return
            os.waitpid(ended.si_pid, 0)


def _end_descendants(patience: float = 2.0) -> None:
    """Without a namespace: end whatever is left, until nothing is found or patience ends."""
    deadline = time.monotonic() + patience
    while (pids := measure.descendants(os.getpid())) and time.monotonic() < deadline:
        for pid in pids:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.002)
