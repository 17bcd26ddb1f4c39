"""Fork servers that the resident grader keeps, and the commands that are lent them.

A command asks over a socket of its own, and is answered with descriptors: the server's control socket, its process and
its log. The hard part: what a server says of its start is said once, so only the resident grader listens to it.
"""

from __future__ import annotations

import json
import os
import select
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from grader.kernels.forkserver import WALLS_SECONDS, OwnServer, Server, Start

MOST_SERVERS = 3  # each holds half a gigabyte
MESSAGE = 1 << 17
STOP, IMPORTED = "stop", "imported"


@dataclass(slots=True)
class _Kept:
    server: OwnServer
    process: int  # a descriptor
    waiting: list[tuple[socket.socket, str]] = field(default_factory=list)  # who asked for what it has not said yet


class Lender:
    """In the resident grader: the servers that it keeps, and who asks for them."""

    def __init__(self) -> None:
        self._kept: dict[Start, _Kept] = {}  # the last used comes last
        self._users: dict[socket.socket, set[Start]] = {}
        self.stopped = False
        self.imported: list[str] = []  # modules that commands had to import

    def open_account(self) -> socket.socket:
        """For one command: the end that it is to ask at."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._users[ours] = set()
        return theirs

    def descriptors(self) -> list[socket.socket]:
        """What to wait for."""
        return [*self._users, *(kept.server.control for kept in self._kept.values())]

    def attend(self, ready: socket.socket) -> None:
        """Something came from there."""
        if ready in self._users:
            self._asked(ready)
            return
        for start, kept in list(self._kept.items()):
            if kept.server.control is ready:
                if kept.server.hear():
                    self._answer_waiting(kept, ended=False)
                else:
                    self._drop(start)

    def forget_lent(self) -> None:
        """In a fork: nothing of this may stay open there."""
        for user in self._users:
            user.close()
        for kept in self._kept.values():
            kept.server.control.close()
            os.close(kept.process)

    def end(self) -> None:
        for kept in self._kept.values():
            kept.server.end()

    def processes(self) -> list[int]:
        """Of each server that is kept."""
        return [kept.server.pid for kept in self._kept.values()]

    def _asked(self, user: socket.socket) -> None:
        text = user.recv(MESSAGE)
        if not text:
            user.close()
            del self._users[user]
            for kept in self._kept.values():
                kept.waiting = [(other, event) for other, event in kept.waiting if other is not user]
            return
        asked = json.loads(text)
        if asked["event"] == STOP:
            self.stopped = True
            return
        if asked["event"] == IMPORTED:
            self.imported.extend(asked["modules"])
            return
        start = Start(tuple(asked["command"]), tuple((name, value) for name, value in asked["environment"]))
        found = self._find(start)
        if found is None:
            _tell(user, {"refused": True}, ())
            return
        self._users[user].add(start)
        found.waiting.append((user, asked["event"]))
        self._answer_waiting(found, ended=False)

    def _find(self, start: Start) -> _Kept | None:
        """The server that is started so; None where there are too many that are in use."""
        if start in self._kept and not self._kept[start].server.runs():
            self._drop(start)
        if start not in self._kept:
            unused = [other for other in self._kept if not any(other in used for used in self._users.values())]
            if len(self._kept) >= MOST_SERVERS:
                if not unused:
                    return None
                self._drop(unused[0])
            server = OwnServer(start)
            self._kept[start] = _Kept(server, os.pidfd_open(server.pid))
        self._kept[start] = self._kept.pop(start)
        return self._kept[start]

    def _drop(self, start: Start) -> None:
        kept = self._kept.pop(start)
        self._answer_waiting(kept, ended=True)
        kept.server.end()
        os.close(kept.process)

    def _answer_waiting(self, kept: _Kept, ended: bool) -> None:
        known = kept.server.events
        for user, event in [waiter for waiter in kept.waiting if ended or waiter[1] in known]:
            kept.waiting.remove((user, event))
            descriptors = (kept.server.control.fileno(), kept.process, kept.server.log_file)
            _tell(user, {"problem": known.get(event, ""), "pid": kept.server.pid}, descriptors)


def _tell(user: socket.socket, answer: dict[str, Any], descriptors: Sequence[int]) -> None:
    with suppress(OSError):  # it has gone
        socket.send_fds(user, [json.dumps(answer).encode()], descriptors)


class Borrower:
    """In a command: has fork servers from the resident grader, and starts them itself where that one is gone."""

    def __init__(self, account: socket.socket) -> None:
        self._account, self._lock = account, threading.Lock()

    def server(self, start: Start) -> Server:
        try:
            return LentServer(self, start)
        except (OSError, ValueError):
            return OwnServer(start)

    def tell(self, event: str, **more: object) -> None:
        """Tell the resident grader something that it does not answer."""
        with self._lock, suppress(OSError):
            self._account.send(json.dumps({"event": event, **more}).encode())

    def ask(self, event: str, start: Start, seconds: float | None) -> tuple[dict[str, Any], list[int]]:
        """Wait for what a server says of an event. Raises OSError or ValueError where there is none to be had."""
        asked = {"event": event, "command": start.command, "environment": start.environment}
        with self._lock:
            self._account.settimeout(seconds)
            self._account.send(json.dumps(asked).encode())
            text, descriptors, _flags, _address = socket.recv_fds(self._account, MESSAGE, 3)
        if len(descriptors) != 3:
            raise ValueError("no server is lent")
        return dict(json.loads(text)), descriptors


class LentServer:
    """A fork server of the resident grader's."""

    def __init__(self, borrower: Borrower, start: Start) -> None:
        self._borrower, self._start = borrower, start
        answer, (control, self._process, self._log) = borrower.ask("walls", start, WALLS_SECONDS)
        self.control = socket.socket(fileno=control)
        self.pid: int = answer["pid"]
        self._walls: str | None = answer["problem"]

    def runs(self) -> bool:
        return not self.ends_within(0)

    def ends_within(self, seconds: float) -> bool:
        poll = select.poll()
        poll.register(self._process, select.POLLIN)
        return bool(poll.poll(seconds * 1000))

    def problem(self, event: str, seconds: float) -> str | None:
        if event == "walls":
            return self._walls
        try:
            answer, descriptors = self._borrower.ask(event, self._start, seconds)
        except (OSError, ValueError):
            return ""
        for descriptor in descriptors:
            os.close(descriptor)
        return answer["problem"] if answer["pid"] == self.pid else ""

    def log(self) -> str:
        return os.pread(self._log, 1 << 14, 0).decode(errors="replace").strip()

    def end(self) -> None:
        """It stays the resident grader's."""
        self.control.close()
        os.close(self._process)
        os.close(self._log)
