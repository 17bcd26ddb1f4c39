"""The fork server: imports TensorFlow once, then forks a process for each notebook.

For each kernel the grader sends a connection on one inherited socket; the forked child reads the request from it, so
that no session key ever lies in the memory that all kernels share. The hard parts: it must have a single thread, or
forked children could not enter namespaces of their own; it must end with the grader, for which the end of the inherited
socket is the sign; and nothing of a notebook may ever run in it. Runs inside the bubblewrap sandbox when there is one.
Untrusted side.
"""

from __future__ import annotations

import gc
import importlib
import itertools
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.inside import first, isolate, lines, seccomp, supervisor

# What a first notebook imports. Each costs a forked kernel nothing, and a cold one its share of five seconds.
PRELOADED = (
    "tensorflow",
    "keras",
    "numpy",
    "numpy.random",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.zmqshell",
    "ipykernel.debugger",  # with debugpy half of a kernel's start, and no option leaves it out
    "IPython.core.completer",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.magics",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "faulthandler",
    "tornado.platform.asyncio",
    "matplotlib_inline.backend_inline",
    "matplotlib.pyplot",
    "grader.inside.packages",  # installs the recorder and the trace
    "grader.inside.kernel",
)
A_GRADING = 3  # kernels for one notebook: its own, the solution's, the doctor's


def main() -> None:
    """Serve until the grader is gone. Arguments: descriptors of our code and of the socket to the grader, "walls" or
    "open", and folders in /tmp that notebooks must go on seeing."""
    archive = int(sys.argv[1])
    grader = socket.socket(fileno=int(sys.argv[2]))
    walls = sys.argv[3] == "walls"
    first.SHOWN.extend(sys.argv[4:])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the grader's to handle
    supervisor.send(grader, event="walls", problem=_isolation_problem() if walls else None)
    with _ending_with(grader):
        problem = _preload()
    problem = problem or _one_thread()
    os.close(archive)
    supervisor.send(grader, event="ready", problem=problem)
    if problem is None:
        _serve(grader, walls)


def _isolation_problem() -> str | None:
    """Why a forked child cannot isolate itself here (Ubuntu's AppArmor, an old Linux), tried on one; or None."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        problem = ""
        try:
            isolate.enter_namespaces()
            inner = os.fork()
            if inner == 0:
                isolate.build_room(1 << 20, first.SHOWN)
                isolate.drop_capabilities()
                isolate.no_new_privileges()
                seccomp.install()
                os._exit(0)
            if os.waitpid(inner, 0)[1] != 0:
                problem = "the mounts of a forked kernel are refused"
        except OSError as error:
            problem = str(error) or type(error).__name__
        finally:
            os.write(writer, problem.encode())
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as answer:
        return answer.read() or None


def _preload() -> str | None:
    """Import what notebooks import; why it did not work, or None."""
    gc.disable()  # a fifth of the time goes into collecting what is no garbage
    try:
        for name in PRELOADED:
            importlib.import_module(name)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    gc.freeze()  # the collector of a child must not write to every page that it shares
    gc.enable()
    return None


def _one_thread() -> str | None:
    """What is wrong if the imports left threads; one that has been joined needs a moment to be gone."""
    for _ in range(100):
        threads = len(list(Path("/proc/self/task").iterdir()))
        if threads == 1:
            return None
        time.sleep(0.01)
    return f"{threads} threads run after the imports; a fork needs exactly one"


@contextmanager
def _ending_with(grader: socket.socket) -> Iterator[None]:
    """End at once when the grader is gone, which `_serve` would notice only after the imports."""
    reader, writer = os.pipe()

    def watch() -> None:
        poll = select.poll()
        for descriptor in (grader.fileno(), reader):
            poll.register(descriptor, 0)  # that the other end was closed is always told
        if any(descriptor != reader for descriptor, _ in poll.poll()):
            os._exit(0)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        os.close(writer)
        watcher.join()
        os.close(reader)


def _serve(grader: socket.socket, walls: bool) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # ended children leave no zombies
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):  # the log of our start is no place for notebooks to write to
        os.dup2(null, standard)
    os.close(null)
    for number in itertools.count(1):
        message, descriptors, _flags, _address = socket.recv_fds(grader, 1, 1)
        if not message:
            return
        if os.fork() == 0:
            grader.close()
            _child(socket.socket(fileno=descriptors[0]), walls)
        os.close(descriptors[0])
        if number == A_GRADING:  # a session that grades more notebooks gains more than the 0.2 s that this takes
            lines.make_arrays()


def _child(connection: socket.socket, walls: bool) -> None:
    """Between the fork and the notebook's first process. Does not return."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with first.reporting(connection):
        request, descriptors = first.receive(connection)
        os.setsid()
        if walls:
            isolate.enter_namespaces()
            if os.fork() != 0:
                os._exit(0)
        first.run(request, connection, descriptors, "nested" if walls else "none")


if __name__ == "__main__":
    main()
