"""The life of the fork server: started on demand, started again when it is lost, gone when we are.

It hands out connections to freshly forked children. Starting it does not wait for it, so its five seconds of imports
overlap with our own. The hard part: several threads may want it while it starts, or dies.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from grader.kernels import sandbox, spawn
from grader.kernels.visible import View

STARTUP_SECONDS = 180.0  # to import TensorFlow from a slow disk
ENDING_SECONDS = 0.5  # in which a killed server gives back its memory and is seen to have ended
WALLS_SECONDS = 30.0  # until it says whether its children can be isolated; usually 0.06


class ForkServer:
    """One zygote at a time."""

    def __init__(self, walls: bool, hidden: Iterable[Path] = (), views: Iterable[View] = ()) -> None:
        self._walls, self._hidden, self._views = walls, tuple(hidden), tuple(views)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._log = -1
        self._events: dict[str, str | None] = {}
        self._closed = False

    def start(self) -> None:
        """Start it if it does not run; does not wait."""
        with self._lock:
            self._ensure()

    def connect(self) -> socket.socket:
        """A connection whose other end a forked child will read. Raises OSError when the server is gone."""
        from grader.kernels.supervised import connection_pair

        ours, theirs = connection_pair()
        with theirs:
            try:
                with self._lock:
                    socket.send_fds(self._ensure(), [b"k"], [theirs.fileno()])
            except BaseException:
                ours.close()
                raise
        return ours

    def forget_if_dead(self, pid: int | None) -> None:
        """A connection broke: if the server of that time is ending, the next connection goes to a new one."""
        with self._lock:
            if self._process is not None and self._process.pid == pid:
                with suppress(subprocess.TimeoutExpired):  # no: only the child was lost
                    self._process.wait(ENDING_SECONDS)

    def isolation_problem(self) -> str | None:
        """Why children cannot be isolated from each other; "" when bubblewrap itself does not work; None: all well."""
        with self._lock:
            self._ensure()
            return self._wait_for("walls", WALLS_SECONDS)

    def wait_until_ready(self) -> str | None:
        """Wait for the imports; what went wrong, or None."""
        with self._lock:
            self._ensure()
            return self._wait_for("ready", STARTUP_SECONDS)

    def log(self) -> str:
        """What it, or bubblewrap, wrote while it started."""
        return "" if self._log < 0 else os.pread(self._log, 1 << 14, 0).decode(errors="replace").strip()

    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def close(self) -> None:
        """End it and every kernel, for good. A thread that waits for a kernel gets OSError."""
        with self._lock:
            self._closed = True
            self._stop()

    # --- with the lock held --------------------------------------------------------------------------------------

    def _ensure(self) -> socket.socket:
        if self._closed:
            raise OSError("the fork server is closed")
        if self._process is not None and self._process.poll() is None and self._control is not None:
            return self._control
        self._stop()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._log = os.memfd_create("fork server's log")
        archive = sandbox.code()
        try:
            command, environment = self._command(archive, str(theirs.fileno()))
            self._process = spawn.start(command, [theirs.fileno(), archive], environment, self._log)
        finally:
            os.close(archive)
            theirs.close()
        self._control, self._events = ours, {}
        return ours

    def _command(self, archive: int, socket: str) -> tuple[list[str], dict[str, str]]:
        if self._walls:
            arguments = [socket, "walls", *sandbox.roots_in_tmp()]
            return sandbox.command("zygote", archive, arguments, hidden=self._hidden, views=self._views), {}
        environment = {**sandbox.environment(), "PATH": os.environ.get("PATH", os.defpath)}
        return sandbox.python("zygote", archive, [socket, "open"]), environment

    def _wait_for(self, event: str, seconds: float) -> str | None:
        assert self._control is not None
        self._control.settimeout(seconds)
        try:
            while event not in self._events:
                text = self._control.recv(1 << 16)
                if not text:
                    return ""
                message = json.loads(text)
                self._events[message["event"]] = message["problem"]
        except OSError:
            return ""
        finally:
            self._control.settimeout(None)
        return self._events[event]

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            spawn.end(self._process)  # bubblewrap's parent; all that is inside goes with it
            self._process = None
        if self._log >= 0:
            os.close(self._log)
            self._log = -1
