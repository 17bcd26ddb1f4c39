"""A bubblewrap sandbox of its own for each notebook, with a cold kernel in it: the same walls, some seconds slower.

For where bubblewrap works but a forked child can't isolate itself from its siblings, as under Ubuntu's AppArmor.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from jupyter_client.manager import AsyncKernelManager

from grader.inside.folders import ROOM_FACTOR
from grader.inside.measure import MB
from grader.kernels import KernelRequest, sandbox, spawn
from grader.kernels.running import RunningKernel, running
from grader.kernels.scratch import Scratch
from grader.kernels.supervised import KernelStartError, SupervisedProcess, connection_pair, send_request
from grader.kernels.visible import views

STARTUP_SECONDS = 60.0


class _OwnSandbox(SupervisedProcess):
    """A supervised process, and the bubblewrap that holds it."""

    bubblewrap: subprocess.Popen[bytes]

    def close(self) -> None:
        super().close()
        spawn.end(self.bubblewrap)


class WalledSource:
    """Starts a sandbox with a fresh interpreter for each kernel."""

    sandboxed = True
    recipe = None

    def __init__(self, hidden: Iterable[Path] = (), visible: Iterable[Path] = (), notice: str = "") -> None:
        self.notice = notice
        self._hidden, self._views = tuple(hidden), views(visible)
        self._scratch = Scratch()

    @contextmanager
    def kernel(self, request: KernelRequest) -> Iterator[RunningKernel]:
        with self._scratch.folder() as folder:

            def launch(manager: AsyncKernelManager) -> _OwnSandbox:
                return self._start(manager, request)

            with running(request, folder, launch) as kernel:
                yield kernel

    def close(self) -> None:
        self._scratch.close()

    def _start(self, manager: AsyncKernelManager, request: KernelRequest) -> _OwnSandbox:
        ours, theirs = connection_pair()
        log = os.memfd_create("sandbox's log")
        room = request.limits.file_size * ROOM_FACTOR * MB
        archive = sandbox.code()
        try:
            descriptor = theirs.fileno()
            command = sandbox.command(
                "first", archive, [str(descriptor)], hidden=self._hidden, views=self._views, own_room=room
            )
            bubblewrap = spawn.start(command, [descriptor, archive], {}, log)
        finally:
            os.close(archive)
            theirs.close()
        try:
            send_request(ours, manager, request, sandbox.room(self._views, request))
            process = _OwnSandbox(ours, request.limits, True, STARTUP_SECONDS)
        except (OSError, KernelStartError) as error:
            spawn.end(bubblewrap)
            said = os.pread(log, 1 << 14, 0).decode(errors="replace").strip()
            problem = error.problem if isinstance(error, KernelStartError) else str(error)
            raise KernelStartError(said or problem) from error
        finally:
            os.close(log)
        process.bubblewrap = bubblewrap
        return process
