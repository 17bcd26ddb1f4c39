"""What the resident grader keeps for its commands, and lends them: fork servers, and helpers.

A helper is a fork of the resident grader itself in which a module's `serve` goes on answering, one command after the
other: the process that judges, the one that holds the solutions' kernels. Of each that is lent a command gets
descriptors: the socket that takes connections, the process, the log. The hard part: what a fork server says of its
start is said once, so only the resident grader listens to it, and tells those who ask.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from grader.kernels.forkserver import OwnServer, Start
from grader.resident.protocol import BORROWED, HELPER, IMPORTED, MESSAGE, SERVER, STOP

MOST_SERVERS = 3  # each holds half a gigabyte
HELPERS = {"grader.spec.child": "the judging process", "grader.grading.solutions": "the solutions' kernels"}


class Lent(Protocol):
    pid: int
    control: socket.socket
    log_file: int
    events: dict[str, str | None]

    def runs(self) -> bool: ...

    def hear(self) -> bool: ...

    def end(self) -> None: ...


class Helper:
    """A fork of the resident grader. `fork` returns in it too, with 0."""

    def __init__(self, module: str, fork: Callable[[], int]) -> None:
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.log_file = os.memfd_create("helper's log")
        self.events: dict[str, str | None] = {"ready": None}
        self.pid = fork()
        if self.pid == 0:
            self.control.close()
            _serve(module, theirs, self.log_file)
        theirs.close()

    def runs(self) -> bool:
        with suppress(ChildProcessError):
            return os.waitpid(self.pid, os.WNOHANG)[0] == 0
        return False

    def hear(self) -> bool:
        """It says nothing: that its socket is to be read means that it has ended."""
        return False

    def end(self) -> None:
        self.control.close()
        with suppress(ProcessLookupError, ChildProcessError):
            os.killpg(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.log_file)


def _serve(module: str, control: socket.socket, log: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for standard, descriptor in enumerate((null, log, log)):
        os.dup2(descriptor, standard)
    try:
        importlib.import_module(module).serve_all(control)
    finally:
        os._exit(0)


@dataclass(slots=True)
class _Kept:
    lent: Lent
    process: int  # a descriptor
    waiting: list[tuple[socket.socket, str]] = field(default_factory=list)  # who asked for what it has not said yet


class Lender:
    """What is kept, and who asks for it. `fork` makes a fork that has nothing of the resident grader's open."""

    def __init__(self, fork: Callable[[], int]) -> None:
        self._fork = fork
        self._kept: dict[Start | str, _Kept] = {}  # the last used comes last
        self._users: dict[socket.socket, set[Start | str]] = {}
        self.elsewhere: set[socket.socket] = set()  # of them, those of processes that we have not forked
        self.stopped = False
        self.imported: list[str] = []  # modules that commands had to import

    def open_account(self) -> socket.socket:
        """For one command: the end that it is to ask at."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._users[ours] = set()
        return theirs

    def descriptors(self) -> list[socket.socket]:
        """What to wait for."""
        return [*self._users, *(kept.lent.control for kept in self._kept.values())]

    def attend(self, ready: socket.socket) -> None:
        """Something came from there."""
        if ready in self._users:
            self._asked(ready)
            return
        for key, kept in list(self._kept.items()):
            if kept.lent.control is ready:
                if kept.lent.hear():
                    self._answer_waiting(kept, ended=False)
                else:
                    self._drop(key)

    def forget(self) -> None:
        """In a fork: nothing of this may stay open there."""
        for user in self._users:
            user.close()
        for kept in self._kept.values():
            kept.lent.control.close()
            os.close(kept.process)

    def end(self) -> None:
        for key in list(self._kept):
            self._drop(key)

    def processes(self) -> dict[int, str]:
        """Of each that is kept, with what it is."""
        return {
            kept.lent.pid: "a fork server" if isinstance(key, Start) else HELPERS.get(key, key)
            for key, kept in self._kept.items()
        }

    def _asked(self, user: socket.socket) -> None:
        try:
            text = user.recv(MESSAGE)
            asked = json.loads(text) if text else {}
        except (OSError, ValueError):  # it was killed while it spoke
            text, asked = b"", {}
        what = asked.get("what")
        if not text:
            self._close_account(user)
        elif what == BORROWED:
            self.elsewhere.add(user)
        elif what == STOP:
            self.stopped = True
        elif what == IMPORTED:
            self.imported.extend(asked["modules"])
        elif what == HELPER:
            self._lend(user, asked["module"], "ready")
        elif what == SERVER:
            self._lend(user, Start(tuple(asked["command"]), tuple(map(tuple, asked["environment"]))), asked["event"])

    def _close_account(self, user: socket.socket) -> None:
        user.close()
        del self._users[user]
        self.elsewhere.discard(user)
        for kept in self._kept.values():
            kept.waiting = [(other, event) for other, event in kept.waiting if other is not user]

    def _lend(self, user: socket.socket, key: Start | str, event: str) -> None:
        kept = self._find(key)
        if kept is None:
            _tell(user, {}, ())
            return
        self._users[user].add(key)
        kept.waiting.append((user, event))
        self._answer_waiting(kept, ended=False)

    def _find(self, key: Start | str) -> _Kept | None:
        """What is kept under this key, started where it is not; None where too many are in use."""
        if key in self._kept and not self._kept[key].lent.runs():
            self._drop(key)
        if key not in self._kept:
            if not self._has_room_for(key):
                return None
            lent: Lent = Helper(key, self._fork) if isinstance(key, str) else OwnServer(key)
            self._kept[key] = _Kept(lent, os.pidfd_open(lent.pid))
        self._kept[key] = self._kept.pop(key)
        return self._kept[key]

    def _has_room_for(self, key: Start | str) -> bool:
        servers = [each for each in self._kept if isinstance(each, Start)]
        if isinstance(key, str) or len(servers) < MOST_SERVERS:
            return True
        unused = [each for each in servers if not any(each in used for used in self._users.values())]
        if unused:
            self._drop(unused[0])
        return bool(unused)

    def _drop(self, key: Start | str) -> None:
        kept = self._kept.pop(key)
        self._answer_waiting(kept, ended=True)
        kept.lent.end()
        os.close(kept.process)

    def _answer_waiting(self, kept: _Kept, ended: bool) -> None:
        known = kept.lent.events
        for user, event in [waiter for waiter in kept.waiting if ended or waiter[1] in known]:
            kept.waiting.remove((user, event))
            descriptors = (kept.lent.control.fileno(), kept.process, kept.lent.log_file)
            _tell(user, {"problem": known.get(event, ""), "pid": kept.lent.pid}, descriptors)


def _tell(user: socket.socket, answer: dict[str, Any], descriptors: Sequence[int]) -> None:
    with suppress(OSError):  # it has gone
        socket.send_fds(user, [json.dumps(answer).encode()], descriptors)
