"""The first process of a notebook: reads what is asked for, prepares the room, and supervises the kernel in it.

It is forked by the zygote (walls "nested": its own namespaces inside the zygote's sandbox; or "none"), or it is process
1 of a bubblewrap sandbox made for one notebook (walls "own"), started as `first.main`. It reads one message from an
inherited connection: the request as JSON, with five listening sockets and the exercise's data files. Untrusted side.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from grader.inside import folders, isolate, measure, seccomp, supervisor

MESSAGE = 1 << 18  # bytes; a request is a few hundred
DESCRIPTORS = 128
CHANNELS = 5
SHOWN: list[str] = []  # folders below /tmp that a forked child keeps visible; filled once, at the zygote's start


def main() -> None:
    """Of a cold kernel in a sandbox of its own. Arguments: descriptors of our code and of the connection."""
    archive, connection = int(sys.argv[1]), socket.socket(fileno=int(sys.argv[2]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with reporting(connection):
        importlib.import_module("grader.inside.kernel")  # the last of our modules
        os.close(archive)
        request, descriptors = receive(connection)
        run(request, connection, descriptors, "own")


@contextmanager
def reporting(connection: socket.socket) -> Iterator[None]:
    """Tell the grader why it failed, and leave without running anybody's exit handlers."""
    try:
        yield
    except BaseException as error:
        supervisor.send(connection, event="failed", problem=f"{type(error).__name__}: {error}")
    finally:
        os._exit(1)


def receive(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    message, descriptors, _flags, _address = socket.recv_fds(connection, MESSAGE, DESCRIPTORS)
    if not message:  # the grader gave up
        os._exit(0)
    return json.loads(message), descriptors


def run(request: dict[str, Any], connection: socket.socket, descriptors: list[int], walls: str) -> None:
    """Prepare the room, then supervise the kernel in it. Does not return."""
    from grader.inside import kernel  # not above: it needs zmq and ipykernel, and the zygote wants to fork without

    sockets, files = descriptors[:CHANNELS], descriptors[CHANNELS:]
    limits = request["limits"]
    if walls == "nested":
        isolate.build_room(room_size(limits), SHOWN)
    if walls != "none":
        isolate.prctl(isolate.PR_SET_DUMPABLE, 0)  # nobody reads the memory of process 1
    _enter_room(request)
    for name, file in zip(request["data"], files, strict=True):
        _write_data(name, file)

    def become() -> None:
        if walls == "none":
            isolate.prctl(isolate.PR_SET_PDEATHSIG, signal.SIGKILL)
        else:
            if walls == "nested":
                isolate.drop_capabilities()  # in a sandbox of its own there never were any
            isolate.no_new_privileges()
            isolate.prctl(isolate.PR_SET_DUMPABLE, 1)
            seccomp.install()
        kernel.limit_resources(limits, request["device"])
        with suppress(SystemExit):
            kernel.become_kernel(request["key"], sockets, connection.close)

    supervisor.supervise(limits, connection, sockets, walls != "none", become)


def room_size(limits: dict[str, float]) -> int:
    return int(limits["file_size"]) * folders.ROOM_FACTOR * measure.MB


def _enter_room(request: dict[str, Any]) -> None:
    home = Path(request["home"])
    home.mkdir(exist_ok=True)
    folders.link(request["at_home"], home)
    work = Path(request["work"])
    if request["folders"]:
        work = folders.lay_out(request["folders"], work, request["copied"])
    os.chdir(work)
    os.environ.update(HOME=str(home), IPYTHONDIR=str(home / "ipython"), TMPDIR=str(home.parent))
    if request["device"] != "gpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"


def _write_data(name: str, descriptor: int) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(descriptor, "rb") as source, Path(name).open("wb") as target:
        shutil.copyfileobj(source, target)


if __name__ == "__main__":
    main()
