"""In a helper of the resident grader: who wants something of it."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Iterator


def connections(control: socket.socket) -> Iterator[socket.socket]:
    """Each connection that has something to be read, again and again, until the resident grader has ended. Whoever gets
    one reads all of it, or closes it."""
    with selectors.PollSelector() as selector:  # epoll would go on about a closed one that a fork of ours still holds
        selector.register(control, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is not control:
                    connection = key.fileobj
                    assert isinstance(connection, socket.socket)
                    yield connection
                    if connection.fileno() < 0:
                        selector.unregister(connection)
                    continue
                message, descriptors, _flags, _address = socket.recv_fds(control, 1, 1)
                if not message:
                    return
                selector.register(socket.socket(fileno=descriptors[0]), selectors.EVENT_READ)
