"""The life of the fork server: started on demand, started again when it is lost, gone when we are.

It hands out connections to freshly forked children. Starting it does not wait for it, so its five seconds of imports
overlap with our own. The hard part: several threads may want it while it starts, or dies. A command of the resident
grader is lent a server that runs already (`lend`).
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from grader.kernels import sandbox, spawn
from grader.kernels.visible import View

STARTUP_SECONDS = 180.0  # to import TensorFlow from a slow disk
ENDING_SECONDS = 0.5  # in which a killed server gives back its memory and is seen to have ended
WALLS_SECONDS = 30.0  # until it says whether its children can be isolated; usually 0.06
ARCHIVE, CONTROL = "{archive}", "{control}"  # stand in a start's command for the numbers of descriptors


@dataclass(frozen=True, slots=True)
class Start:
    """How a fork server is started. Where two are started alike, one can serve for both."""

    command: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()

    @classmethod
    def behind(cls, walls: bool, hidden: Iterable[Path] = (), views: Iterable[View] = ()) -> Start:
        """Behind walls, where it hides these folders and shows those views; or in the open."""
        if walls:
            arguments = [CONTROL, "walls", *sandbox.roots_in_tmp()]
            return cls(tuple(sandbox.command("zygote", ARCHIVE, arguments, hidden=hidden, views=views)))
        environment = {**sandbox.environment(), "PATH": os.environ.get("PATH", os.defpath)}
        return cls(tuple(sandbox.python("zygote", ARCHIVE, [CONTROL, "open"])), tuple(environment.items()))

    def with_descriptors(self, archive: int, control: int) -> list[str]:
        return [part.replace(ARCHIVE, str(archive)).replace(CONTROL, str(control)) for part in self.command]


class Server(Protocol):
    """A fork server that has been started; not for two threads at once."""

    pid: int
    control: socket.socket  # takes connections for children to read

    def runs(self) -> bool: ...

    def ends_within(self, seconds: float) -> bool: ...

    def problem(self, event: str, seconds: float) -> str | None:
        """Wait for what it says of this event: a problem, or None; "" when it ended instead, or took too long."""

    def log(self) -> str:
        """What it, or bubblewrap, wrote while it started."""

    def end(self) -> None: ...


class OwnServer:
    """A fork server that this process has started, and ends."""

    def __init__(self, start: Start) -> None:
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.log_file = os.memfd_create("fork server's log")
        self.events: dict[str, str | None] = {}  # that it has told of so far, each with its problem
        archive = sandbox.code()
        try:
            command = start.with_descriptors(archive, theirs.fileno())
            self._process: subprocess.Popen[bytes] = spawn.start(
                command, [theirs.fileno(), archive], dict(start.environment), self.log_file
            )
        finally:
            os.close(archive)
            theirs.close()
        self.pid = self._process.pid

    def runs(self) -> bool:
        return self._process.poll() is None

    def ends_within(self, seconds: float) -> bool:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return not self.runs()

    def problem(self, event: str, seconds: float) -> str | None:
        self.control.settimeout(seconds)
        try:
            while event not in self.events:
                if not self.hear():
                    return ""
        finally:
            self.control.settimeout(None)
        return self.events[event]

    def hear(self) -> bool:
        """Wait for the next event; whether there was one in time, and before its end."""
        try:
            text = self.control.recv(1 << 16)
        except OSError:
            return False
        if text:
            message = json.loads(text)
            self.events[message["event"]] = message["problem"]
        return bool(text)

    def log(self) -> str:
        return read_log(self.log_file)

    def end(self) -> None:
        self.control.close()
        spawn.end(self._process)  # bubblewrap's parent; all that is inside goes with it
        os.close(self.log_file)


def read_log(descriptor: int) -> str:
    return os.pread(descriptor, 1 << 14, 0).decode(errors="replace").strip()


_launch: Callable[[Start], Server] = OwnServer


def lend(launch: Callable[[Start], Server]) -> None:
    """From now on, have fork servers from there in place of starting them."""
    global _launch
    _launch = launch


class ForkServer:
    """One server at a time, for any number of threads."""

    def __init__(self, start: Start) -> None:
        self._start = start
        self._lock = threading.Lock()
        self._server: Server | None = None
        self._closed = False

    def start(self) -> None:
        """Start it if it does not run; does not wait."""
        with self._lock:
            self._running()

    def connect(self) -> socket.socket:
        """A connection whose other end a forked child will read. Raises OSError when the server is gone."""
        from grader.kernels.supervised import connection_pair

        ours, theirs = connection_pair()
        with theirs:
            try:
                with self._lock:
                    socket.send_fds(self._running().control, [b"k"], [theirs.fileno()])
            except BaseException:
                ours.close()
                raise
        return ours

    def forget_if_dead(self, pid: int | None) -> None:
        """A connection broke: if the server of that time is ending, the next connection goes to a new one."""
        with self._lock:
            if self._server is not None and self._server.pid == pid:
                self._server.ends_within(ENDING_SECONDS)  # no: only the child was lost

    def isolation_problem(self) -> str | None:
        """Why children cannot be isolated from each other; "" when bubblewrap itself does not work; None: all well."""
        with self._lock:
            return self._running().problem("walls", WALLS_SECONDS)

    def wait_until_ready(self) -> str | None:
        """Wait for the imports; what went wrong, or None."""
        with self._lock:
            return self._running().problem("ready", STARTUP_SECONDS)

    def log(self) -> str:
        """What it, or bubblewrap, wrote while it started."""
        return "" if self._server is None else self._server.log()

    def pid(self) -> int | None:
        return self._server.pid if self._server is not None and self._server.runs() else None

    def close(self) -> None:
        """End it and every kernel, for good. A thread that waits for a kernel gets OSError."""
        with self._lock:
            self._closed = True
            self._stop()

    # --- with the lock held --------------------------------------------------------------------------------------

    def _running(self) -> Server:
        if self._closed:
            raise OSError("the fork server is closed")
        if self._server is None or not self._server.runs():
            self._stop()
            self._server = _launch(self._start)
        return self._server

    def _stop(self) -> None:
        if self._server is not None:
            self._server.end()
            self._server = None
