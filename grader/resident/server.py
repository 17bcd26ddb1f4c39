"""The resident grader itself: waits for commands, and forks for each.

It has no thread that works and does nothing that could hang. It imports what the last command had to import, so that
the next is spared that; it never reads a course or a notebook, so nothing that it knows can be out of date.
"""

from __future__ import annotations

import atexit
import os
import select
import signal
import socket
import time
from pathlib import Path

import psutil

from grader.kernels.scratch import janitor
from grader.kernels.spawn import CREDENTIALS
from grader.resident import command, learning, place
from grader.resident.borrowing import Account
from grader.resident.lender import Lender
from grader.resident.protocol import STOP

IDLE, IDLE_SECONDS = "GRADER_IDLE", 900.0
TICK_SECONDS = 5.0  # between looks at the world
LEAST_MEMORY = 512 << 20  # bytes that the machine must have left while nothing is graded
JANITOR = """trap "" INT TERM HUP
read -r _
[ "$(stat -c %i "$1")" = "$2" ] && rm -rf -- "$1" && rmdir -- "${1%/*}" 2>/dev/null
"""


class Resident:
    """`listener`: listens in `folder`, an open folder on which we hold the lock."""

    def __init__(self, listener: socket.socket, folder: int) -> None:
        self.listener, self.folder = listener, folder
        self.process = os.getpid()
        self.path = Path(f"/proc/self/fd/{folder}").readlink()
        self.signature = place.signature()
        self.lender = Lender(self._fork)
        self.children: dict[int, int] = {}  # a descriptor of each command -> its process
        self.used = time.monotonic()
        self.account: Account  # in a fork
        self._janitor = janitor(JANITOR, str(self.path), str(os.fstat(folder).st_ino))

    def next_command(self) -> command.Command | None:
        """Serve until it is time to end, and then return None. In each fork: return the command that it is to run."""
        looked = self.used
        while not (self.lender.stopped and not self.children):
            for descriptor in self._ready():
                if descriptor is self.listener:
                    asked = self._accept()
                    if asked is not None:
                        return asked
                elif isinstance(descriptor, socket.socket):
                    self.lender.attend(descriptor)
                else:
                    self._forget(descriptor)
            if self.lender.imported:
                learning.take_in(self.lender.imported)
            if time.monotonic() - looked > min(TICK_SECONDS, idle_seconds()):
                looked = time.monotonic()
                if not self.children and not self.lender.elsewhere and self._done():
                    break
        self._end()
        return None

    def _ready(self) -> list[socket.socket | int]:
        waited: list[socket.socket | int] = [*self.children, *self.lender.descriptors(), self.listener]
        poll = select.poll()
        by_number = {each if isinstance(each, int) else each.fileno(): each for each in waited}
        for number in by_number:
            poll.register(number, select.POLLIN)
        seconds = 0 if self.lender.imported else min(TICK_SECONDS, idle_seconds())
        ready = {number for number, _ in poll.poll(seconds * 1000)}
        return [each for number, each in by_number.items() if number in ready]  # what has ended before what begins

    def _accept(self) -> command.Command | None:
        """In the fork, the command; here, None."""
        connection, _address = self.listener.accept()
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
        if CREDENTIALS.unpack(credentials)[1] != os.getuid():
            connection.close()
            return None
        try:
            child = self._fork()
        except OSError:  # too many processes: the command tries to do without
            connection.close()
            return None
        if child == 0:
            return self._command(connection)
        connection.close()
        self.children[os.pidfd_open(child)] = child
        self.used = time.monotonic()
        return None

    def _fork(self) -> int:
        """A fork that keeps nothing of the resident grader but an account with it; as `os.fork`."""
        global _here
        account = self.lender.open_account()
        child = os.fork()
        if child != 0:
            account.close()
            return child
        os.setsid()
        self.listener.close()
        os.close(self.folder)
        if self._janitor.stdin is not None:
            self._janitor.stdin.close()
        self.lender.forget()
        for descriptor in self.children:
            os.close(descriptor)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _here = self
        self.account = Account(account, self.path)
        self.account.open()
        return 0

    def _command(self, connection: socket.socket) -> command.Command:
        try:
            asked = command.Command(connection, self.signature, self.account)
        except (OSError, ValueError, KeyError):
            os._exit(1)
        if asked.only_borrows:
            asked.hand_over()
        return asked

    @property
    def running(self) -> int:
        """How many commands run beside this one."""
        return len(self.children)

    def stop(self) -> None:
        """In a command: have the resident grader end when no command runs any more."""
        self.account.tell(STOP)

    def _forget(self, descriptor: int) -> None:
        """A command has ended."""
        os.waitpid(self.children.pop(descriptor), 0)
        os.close(descriptor)
        self.used = time.monotonic()

    def _done(self) -> bool:
        """Whether nobody needs us any more, or we would not do."""
        if time.monotonic() - self.used > idle_seconds() or psutil.virtual_memory().available < LEAST_MEMORY:
            return True
        try:
            return self.path.stat().st_ino != os.fstat(self.folder).st_ino or place.signature() != self.signature
        except OSError:
            return True

    def _end(self) -> None:
        self.listener.close()
        self.lender.end()
        if self._janitor.poll() is not None:  # somebody has ended it
            self._janitor = janitor(JANITOR, str(self.path), str(os.fstat(self.folder).st_ino))
        self._janitor.communicate()


_here: Resident | None = None  # in a command


def here() -> Resident | None:
    """The resident grader that has forked this process, as it was then; None in a process of its own."""
    return _here


def serve(listener: int, folder: int) -> command.Command | None:
    """Be the resident grader; see `Resident`. The descriptors are those that `client` hands over."""
    atexit.register(command.end)
    os.chdir("/")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for descriptor in (listener, folder):
        os.set_inheritable(descriptor, False)
    return Resident(socket.socket(fileno=listener), folder).next_command()


def idle_seconds() -> float:
    try:
        return float(os.environ.get(IDLE, IDLE_SECONDS))
    except ValueError:
        return IDLE_SECONDS
