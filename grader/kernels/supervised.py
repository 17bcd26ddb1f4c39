"""The trusted end of a supervised kernel: asks for it, watches for its end, ends it.

A SupervisedProcess is made from a connection to a supervisor (`grader.inside`), which is process 1 of the notebook's
namespace, so ending it ends everything in there, and a descriptor of it becomes readable exactly when that is done. The
hard part is to know its process id, which inside is always 1: the Linux kernel tells us, as credentials attached to its
first message.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import threading
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jupyter_client.manager import AsyncKernelManager

from grader.kernels import KernelRequest, shows_gpu
from grader.kernels.running import CHANNELS
from grader.kernels.spawn import CREDENTIALS, readable
from grader.model import LimitHit, Limits
from grader.model.errors import InternalError

MESSAGE = 1 << 16
GENTLE_SECONDS = 3.0  # for a supervisor without a namespace to find and end its descendants
CLOSING_SECONDS = 1.0  # to see a namespace end; with hundreds of processes in it that can take longer
NEXT_STEP = "`python -m grader env` says what works on this machine; `--kernel cold` does without a fork server."


class KernelStartError(InternalError):
    """A kernel could not be had; `lost` if the fork server went away meanwhile, so that another may do."""

    def __init__(self, problem: str, lost: bool = False) -> None:
        super().__init__(f"The notebook's kernel could not be started: {problem}.", NEXT_STEP)
        self.problem = problem
        self.lost = lost


def connection_pair() -> tuple[socket.socket, socket.socket]:
    """Ours, on which the other's credentials are seen, and theirs."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    return ours, theirs


def send_request(
    connection: socket.socket, manager: AsyncKernelManager, request: KernelRequest, room: Mapping[str, Any]
) -> None:
    """Ask for a kernel. It gets sockets that listen already, so no folder of ours is seen inside."""
    message = {
        "key": manager.session.key.decode(),
        "limits": asdict(request.limits),
        "device": "gpu" if shows_gpu(request.device) else "cpu",
        "data": list(request.data),
        **room,
    }
    with ExitStack() as opened:
        sockets = [opened.enter_context(_listening(f"{manager.ip}-{port}")) for port in range(1, len(CHANNELS) + 1)]
        files = [opened.enter_context(Path(file).open("rb")) for file in request.data.values()]
        descriptors = [each.fileno() for each in sockets] + [file.fileno() for file in files]
        socket.send_fds(connection, [json.dumps(message).encode()], descriptors)


def _listening(address: str) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    listener.bind(address)
    listener.listen(16)
    return listener


class SupervisedProcess:
    """A supervisor and, below it, a kernel with all that it started.

    It counts as ended when its supervisor has ended, or has been killed: a namespace full of a fork bomb's processes
    takes Linux seconds to clear away, but it is doomed, and nobody needs to wait for it.
    """

    def __init__(self, connection: socket.socket, limits: Limits, walls: bool, timeout: float) -> None:
        """Wait until the supervisor has started the kernel. Raises KernelStartError."""
        self._connection, self._limits, self._walls = connection, limits, walls
        self._lock = threading.Lock()
        self._limit: LimitHit | None = None
        self._status: int | None = None
        self.problem = ""  # why the kernel could not start, as it says itself
        self._descriptor: int | None = None  # of the supervisor; readable when it has ended
        connection.settimeout(timeout)
        try:
            self._descriptor = self._started()
        except BaseException:
            connection.close()
            raise
        connection.setblocking(False)
        self._doomed = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._ended = select.epoll()  # readable when one of the two is
        self._ended.register(self._descriptor, select.EPOLLIN)
        self._ended.register(self._doomed, select.EPOLLIN)

    def _started(self) -> int:
        try:
            text, ancillary, _flags, _address = self._connection.recvmsg(MESSAGE, socket.CMSG_SPACE(CREDENTIALS.size))
        except TimeoutError:
            raise KernelStartError("it took too long") from None
        except OSError as error:
            raise KernelStartError(str(error), lost=True) from None
        if not text:
            raise KernelStartError("the fork server went away", lost=True)
        message = json.loads(text)
        if message["event"] != "started":
            raise KernelStartError(str(message.get("problem")))
        pid = next(CREDENTIALS.unpack(data)[0] for _level, _kind, data in ancillary)
        try:
            return os.pidfd_open(pid)
        except ProcessLookupError:
            raise KernelStartError("it ended at once", lost=True) from None

    def poll(self) -> int | None:
        with self._lock:
            if self._descriptor is not None and not readable(self._ended.fileno()):
                return None
            self._read()
            return -signal.SIGKILL if self._status is None else self._status

    def exit_descriptor(self) -> int | None:
        with self._lock:
            return None if self._descriptor is None else os.dup(self._ended.fileno())

    def kill(self) -> None:
        with self._lock:
            if self._descriptor is None:
                return
            self._read()
            if not self._walls:  # without a namespace its descendants would survive it
                with suppress(OSError):
                    self._connection.shutdown(socket.SHUT_RDWR)
                if readable(self._descriptor, GENTLE_SECONDS):
                    return
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)
            os.eventfd_write(self._doomed, 1)

    def limit_hit(self) -> LimitHit | None:
        with self._lock:
            self._read()
            return self._limit

    def lost(self) -> bool:
        with self._lock:
            self._read()
            return self._limit is None and self._status is None

    def close(self) -> None:
        self.kill()
        with self._lock:
            if self._descriptor is not None:
                readable(self._descriptor, CLOSING_SECONDS)
                self._ended.close()
                os.close(self._doomed)
                os.close(self._descriptor)
                self._descriptor = None
                self._connection.close()

    def _read(self) -> None:
        """Take note of what the supervisor has said by now."""
        with suppress(OSError):  # nothing more, or closed
            while text := self._connection.recv(MESSAGE):
                message: dict[str, Any] = json.loads(text)
                if message["event"] == "limit":
                    name = message["name"]
                    self._limit = LimitHit(name, getattr(self._limits, name), message["used"])
                elif message["event"] == "exit":
                    self._status = message["status"]
                elif message["event"] == "failed":
                    self.problem = message["problem"]
