"""A command in a fork of the resident grader: takes the place of the process that was typed."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

from grader.resident.borrowing import Account
from grader.resident.client import READY
from grader.resident.learning import new_modules
from grader.resident.protocol import BORROWED, IMPORTED, LENGTH, receive_rest

_running: Command | None = None


class Command:
    """What was typed, where, by whom, and the connection to whoever waits for its end."""

    def __init__(self, connection: socket.socket, signature: str, account: Account) -> None:
        """Say that we are ready, and read it. Raises OSError, ValueError or KeyError where it is not to be run."""
        self._connection, self._account = connection, account
        self._code = 1  # Python's, for an exception
        self._known = set(sys.modules)
        connection.sendall(READY)
        self._told, self._descriptors = _read(connection)
        if self._told["signature"] != signature:
            raise ValueError("a command of another version")

    @property
    def only_borrows(self) -> bool:
        """It runs where it was typed, and wants nothing but an account."""
        return self._told["arguments"] is None

    def hand_over(self) -> NoReturn:
        """Give the account to the process that was typed."""
        self._account.tell(BORROWED)
        with suppress(OSError):
            self._account.send_to(self._connection)
        os._exit(0)

    def _take_over(self) -> None:
        os.fchdir(self._descriptors[3])
        os.umask(self._told["umask"])
        os.environ.clear()
        os.environ.update(self._told["environment"])
        time.tzset()
        sys.path[:] = self._told["path"]
        sys.argv[1:] = self._told["arguments"]
        for standard in (0, 1, 2):
            os.dup2(self._descriptors[standard], standard)
        for descriptor in self._descriptors:
            os.close(descriptor)
        sys.stdin, sys.stdout, sys.stderr = map(_stream, (0, 1, 2), self._told["streams"])
        sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr  # type: ignore[misc]
        threading.Thread(target=self._listen, name="signals", daemon=True).start()

    def run(self, main: Callable[[], object]) -> None:
        """Be the process that was typed."""
        global _running
        _running = self
        self._take_over()
        try:
            main()
        except SystemExit as end:
            self._code = end.code if isinstance(end.code, int) else int(end.code is not None)
            raise

    def _listen(self) -> None:
        """Have the signals that reach the process that was typed reach us; where that one is gone, we are too."""
        with suppress(OSError):
            while number := self._connection.recv(1):
                os.kill(os.getpid(), number[0])
        os.kill(os.getpid(), signal.SIGHUP)

    def end(self) -> NoReturn:
        """Everything has been given back: tell the exit code, and go."""
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        if modules := new_modules(self._known):
            self._account.tell(IMPORTED, modules=modules)
        with suppress(OSError):
            self._connection.sendall(bytes([self._code & 0xFF]))
        os._exit(0)


def end() -> None:
    """To be registered with atexit before anything else is, so that it comes after everything else."""
    if _running is not None:
        _running.end()


def _stream(number: int, told: tuple[str, str]) -> io.TextIOWrapper:
    """As Python opens it when it starts."""
    binary = os.fdopen(number, "rb" if number == 0 else "wb", closefd=False)
    return io.TextIOWrapper(binary, *told, newline="\n", line_buffering=number == 2 or os.isatty(number))


def _read(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    header, descriptors, _flags, _address = socket.recv_fds(connection, LENGTH, 4)
    if len(header) != LENGTH or len(descriptors) != 4:
        raise ValueError("a strange message")
    return dict(json.loads(receive_rest(connection, header))), descriptors
