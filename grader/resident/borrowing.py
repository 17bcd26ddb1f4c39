"""In a command of the resident grader: what is lent to it. In any other process nothing is, and all is started anew."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from grader.kernels import forkserver
from grader.kernels.forkserver import WALLS_SECONDS, OwnServer, Server, Start, read_log
from grader.kernels.spawn import readable
from grader.resident import client
from grader.resident.protocol import HELPER, MESSAGE, SERVER

HELPER_SECONDS = 10.0  # until one has been forked; usually 0.02
_account: Account | None = None


class Account:
    """A command's way to ask the resident grader; for any thread. `folder`: its own, which ends with it."""

    def __init__(self, connection: socket.socket, folder: Path) -> None:
        self._connection, self._lock, self.folder = connection, threading.Lock(), folder

    def open(self, kernels_only: bool = False) -> None:
        """From now on this process borrows."""
        global _account
        if not kernels_only:
            _account = self
        forkserver.lend(self._server)

    def send_to(self, connection: socket.socket) -> None:
        """Give it away, and say of which folder it is."""
        socket.send_fds(connection, [os.fsencode(self.folder)], [self._connection.fileno()])

    def tell(self, what: str, **more: object) -> None:
        """Say something that is not answered."""
        with self._lock, suppress(OSError):
            self._connection.send(json.dumps({"what": what, **more}).encode())

    def ask(self, what: str, seconds: float, **more: object) -> tuple[dict[str, Any], list[int]]:
        """Ask for something; what is said of it, and its three descriptors. Raises OSError or ValueError where it is
        not to be had."""
        with self._lock:
            self._connection.settimeout(seconds)
            self._connection.send(json.dumps({"what": what, **more}).encode())
            text, descriptors, _flags, _address = socket.recv_fds(self._connection, MESSAGE, 3)
        if len(descriptors) != 3:
            raise ValueError("nothing is lent")
        return dict(json.loads(text)), descriptors

    def _server(self, start: Start) -> Server:
        try:
            return LentServer(self, start)
        except (OSError, ValueError):
            return OwnServer(start)


def borrow() -> None:
    """In a command that runs by itself: have lent to it what the resident grader keeps, where that can be."""
    given = client.account(starts=True)
    if given is not None:
        Account(*given).open()


def borrow_kernels() -> None:
    """In one of many processes, which would stand in line for a single judge: have fork servers lent to it, where a
    resident grader runs."""
    given = client.account(starts=False)
    if given is not None:
        Account(*given).open(kernels_only=True)


def folder() -> Path | None:
    """Where commands can leave something for the next ones; None where there is no resident grader."""
    return _account.folder if _account is not None else None


def helper(module: str) -> LentProcess | None:
    """A process of the resident grader's in which this module serves; None where there is none to be had."""
    if _account is None:
        return None
    try:
        return LentProcess(*_account.ask(HELPER, HELPER_SECONDS, module=module))
    except (OSError, ValueError):
        return None


class LentProcess:
    """Stays the resident grader's: `end` only lets go of it."""

    def __init__(self, answer: dict[str, Any], descriptors: list[int]) -> None:
        control, self._process, self._log = descriptors
        self.control = socket.socket(fileno=control)
        self.pid: int = answer["pid"]

    def runs(self) -> bool:
        return not self.ends_within(0)

    def ends_within(self, seconds: float) -> bool:
        return readable(self._process, seconds)

    def connect(self) -> socket.socket:
        """A connection to it. Raises OSError where it has ended."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs:
            try:
                socket.send_fds(self.control, [b"c"], [theirs.fileno()])
            except BaseException:
                ours.close()
                raise
        return ours

    def log(self) -> str:
        return read_log(self._log)

    def kill(self) -> None:
        """It hangs: end it, with all that it has forked. The next who asks is lent another one."""
        with suppress(ProcessLookupError):
            if self.runs():
                os.killpg(self.pid, signal.SIGKILL)

    def end(self) -> None:
        self.control.close()
        os.close(self._process)
        os.close(self._log)


class LentServer(LentProcess):
    """A fork server of the resident grader's."""

    def __init__(self, account: Account, start: Start) -> None:
        self._account, self._start = account, start
        answer, descriptors = account.ask(SERVER, WALLS_SECONDS, event="walls", **asdict(start))
        super().__init__(answer, descriptors)
        self._walls: str | None = answer["problem"]

    def problem(self, event: str, seconds: float) -> str | None:
        if event == "walls":
            return self._walls
        try:
            answer, descriptors = self._account.ask(SERVER, seconds, event=event, **asdict(self._start))
        except (OSError, ValueError):
            return ""
        for descriptor in descriptors:
            os.close(descriptor)
        problem: str | None = answer["problem"]
        return problem if answer["pid"] == self.pid else ""
