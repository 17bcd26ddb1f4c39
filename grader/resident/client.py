"""A command, typed: has the resident grader run it, and starts one where none runs.

Imports almost nothing, for it is what a person waits for. The hard part is that a command must run exactly once: the
fork that is to run it says that it is ready, and is then told what to run. Whoever hears nothing in time hangs up, and
does the work itself.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from grader.resident import place
from grader.resident.protocol import LENGTH, framed

SWITCH, OFF = "GRADER_SERVER", "off"
WITHOUT = "--no-server"
ALONE = frozenset({"batch", "env", "verify", "watch"})  # long, about this machine, or with the terminal in its hands
NEVER_STARTS = frozenset(
    {"explain", "gradebook", "hint", "list", "new", "release", "report", "reset", "server", "start"}
)  # short; served where a resident grader runs
ANSWER_SECONDS = 5.0  # until a fork says that it is there; usually 0.02
START_SECONDS = 20.0  # the same of a resident grader that is just being started; usually 0.5
READY = b"ready"
LONGEST_PATH = 4096  # bytes
AnswerT = TypeVar("AnswerT")
FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGWINCH) if os.name == "posix" else ()


def run(arguments: Sequence[str]) -> int | None:
    """Have a command run by the resident grader; its exit code. None: it is to be run here."""
    if not _wanted(arguments) or not _plain_python() or arguments[0] in ALONE:
        return None
    return _ask(arguments[0] not in NEVER_STARTS, partial(_served, arguments))


def account(starts: bool) -> tuple[socket.socket, Path] | None:
    """For a command that runs here: a way to borrow from the resident grader all the same, and the folder of that one.
    `starts`: it is started where none runs. None where it is not to be had."""
    return _ask(starts, _lent) if _wanted(sys.argv[1:]) else None


def _ask(starts: bool, talk: Callable[[socket.socket, str], AnswerT | None]) -> AnswerT | None:
    """What comes of talking to a fork of the resident grader, over a connection and with the signature of both, once
    there is one that is ready; None where there is none in time, or it fails."""
    signature = place.signature()
    folder = place.folder(signature, starts)
    if folder is None:
        return None
    try:
        connection = _connect(folder, starts)
        if connection is None:
            return None
        with connection:
            return talk(connection, signature) if connection.recv(len(READY)) == READY else None
    except (OSError, ValueError):
        _debug()
        return None


def _wanted(arguments: Sequence[str]) -> bool:
    if not sys.platform.startswith("linux") or os.environ.get(SWITCH) == OFF or os.environ.get("CI"):
        return False
    return None not in (sys.stdin, sys.stdout, sys.stderr) and bool(arguments) and WITHOUT not in arguments


def _plain_python() -> bool:
    """Whether the interpreter was given no options, which a fork could not take over."""
    return all(word in ("-m", "-c") or not word.startswith("-") for word in sys.orig_argv[1:2])


def _connect(folder: Path, starts: bool) -> socket.socket | None:
    """A connection to the resident grader of this folder, which is started where that is wanted."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        started = False
        end = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < end:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                connection.connect(place.address(descriptor))
                connection.settimeout(START_SECONDS if started else ANSWER_SECONDS)
                return connection
            except (FileNotFoundError, ConnectionRefusedError):
                connection.close()
            if not starts:
                return None
            if _start(descriptor):
                started = True
            else:
                time.sleep(0.02)  # somebody else is starting it
        return None
    finally:
        os.close(descriptor)


def _start(folder: int) -> bool:
    """Start a resident grader that listens in this folder, unless somebody is just doing that. It holds the lock on
    the folder for as long as it lives, and its socket listens before it runs."""
    import fcntl

    with suppress(BlockingIOError):
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        Path(place.address(folder)).unlink(missing_ok=True)  # of one that was killed
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with listener:
            listener.bind(place.address(folder))
            listener.listen(64)
            _spawn([listener.fileno(), folder])
        return True
    return False


def _spawn(descriptors: Sequence[int]) -> None:
    numbers = ", ".join(map(str, descriptors))
    program = (
        f"import sys; sys.path[0] = {str(place.GRADER.parent)!r}; from grader.__main__ import serve; serve({numbers})"
    )
    for descriptor in descriptors:
        os.set_inheritable(descriptor, True)
    null = [(os.POSIX_SPAWN_OPEN, standard, os.devnull, os.O_RDWR, 0) for standard in (0, 1, 2)]
    os.posix_spawn(sys.executable, [sys.executable, "-c", program], os.environ, file_actions=null, setsid=True)
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)


def _served(arguments: Sequence[str], connection: socket.socket, signature: str) -> int | None:
    """Have the fork run it, and wait for its end."""
    connection.settimeout(None)
    for number in FORWARDED:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda number, _frame: _forward(connection, number))
    _tell(connection, signature, arguments)
    code = connection.recv(1)
    return code[0] if code else None


def _lent(connection: socket.socket, signature: str) -> tuple[socket.socket, Path] | None:
    """Have the fork give its account away."""
    _tell(connection, signature, None)
    folder, descriptors, _, _ = socket.recv_fds(connection, LONGEST_PATH, 1)
    return (socket.socket(fileno=descriptors[0]), Path(os.fsdecode(folder))) if descriptors else None


def _tell(connection: socket.socket, signature: str, arguments: Sequence[str] | None) -> None:
    """Give a fork everything that a command has; not before there is one, for streams that are sent to a process that
    hangs would keep a pipe open that others read. `arguments`: None for who only borrows."""
    folder = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
    message = json.dumps(_command(signature, arguments)).encode()
    whole = framed(message)
    socket.send_fds(connection, [whole[:LENGTH]], [0, 1, 2, folder])
    connection.sendall(whole[LENGTH:])
    os.close(folder)


def _command(signature: str, arguments: Sequence[str] | None) -> dict[str, object]:
    mask = os.umask(0o077)
    os.umask(mask)
    return {
        "signature": signature,
        "arguments": arguments,
        "environment": dict(os.environ),
        "path": sys.path,
        "umask": mask,
        "streams": [[stream.encoding, stream.errors] for stream in (sys.stdin, sys.stdout, sys.stderr)],
    }


def _forward(connection: socket.socket, number: int) -> None:
    with suppress(OSError):
        connection.send(bytes([number]))


def _debug() -> None:
    if os.environ.get("GRADER_DEBUG"):
        import traceback

        print("The resident grader could not be asked:", file=sys.stderr)
        traceback.print_exc()
