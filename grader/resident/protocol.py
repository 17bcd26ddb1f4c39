"""How a command and the resident grader talk: what it may ask for, as JSON, one message each; and how a message that
may be long goes over a stream, its length first."""

from __future__ import annotations

import socket

LENGTH = 4  # bytes

MESSAGE = 1 << 17  # bytes, the longest
SERVER = "server"  # lend a fork server: how it is started, and the event that is waited for
HELPER = "helper"  # lend a helper: its module
IMPORTED = "imported"  # these modules had to be imported
BORROWED = "borrowed"  # this account is a process's that was started elsewhere
STOP = "stop"  # end when no command runs any more


def framed(message: bytes) -> bytes:
    return len(message).to_bytes(LENGTH, "big") + message


def receive(connection: socket.socket) -> bytes:
    """A framed message. Raises ConnectionError where the other end hangs up."""
    return receive_rest(connection, _exactly(connection, LENGTH))


def receive_rest(connection: socket.socket, length: bytes) -> bytes:
    """Of a framed message, what comes after its length."""
    return _exactly(connection, int.from_bytes(length, "big"))


def _exactly(connection: socket.socket, length: int) -> bytes:
    data = bytearray()
    while len(data) < length:
        more = connection.recv(min(length - len(data), 1 << 20))
        if not more:
            raise ConnectionError("hung up")
        data += more
    return bytes(data)
