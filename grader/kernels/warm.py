"""Warm kernels: forked from a process that has imported TensorFlow, each behind walls of its own.

A request is answered with a kernel in about a tenth of a second. Without walls (`--sandbox off`, no bubblewrap) the
same fork server runs in the open: as fast, and no safer than a cold kernel.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.inside import folders
from grader.kernels import KernelRequest, sandbox
from grader.kernels.forkserver import STARTUP_SECONDS, ForkServer, Start
from grader.kernels.scratch import Scratch
from grader.kernels.visible import View, views

if TYPE_CHECKING:
    from jupyter_client.manager import AsyncKernelManager

    from grader.kernels.running import RunningKernel
    from grader.kernels.supervised import SupervisedProcess

ATTEMPTS = 2  # the server may be lost between two notebooks


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that makes a warm source what it is: another process can open the same."""

    walls: bool
    views: tuple[View, ...]
    start: Start

    @classmethod
    def of(cls, walls: bool, hidden: Sequence[Path] = (), visible: Sequence[Path] = ()) -> Recipe:
        shown = tuple(views(visible)) if walls else ()
        return cls(walls, shown, Start.behind(walls, hidden, shown))


class WarmSource:
    """Forks a kernel for each request."""

    def __init__(self, recipe: Recipe, notice: str = "") -> None:
        self.recipe = recipe
        self.sandboxed = recipe.walls
        self.notice = notice
        self._views = recipe.views
        self.server = ForkServer(recipe.start)
        self.server.start()
        self._scratch = Scratch()

    @contextmanager
    def kernel(self, request: KernelRequest) -> Iterator[RunningKernel]:
        from grader.kernels.running import running  # the server imports TensorFlow while we import this

        with self._scratch.folder() as folder:

            def launch(manager: AsyncKernelManager) -> SupervisedProcess:
                return self._fork(manager, request, folder)

            with running(request, folder, launch) as kernel:
                yield kernel

    def close(self) -> None:
        self.server.close()
        self._scratch.close()

    def _fork(self, manager: AsyncKernelManager, request: KernelRequest, folder: Path) -> SupervisedProcess:
        from grader.kernels.supervised import KernelStartError, SupervisedProcess, send_request

        room = sandbox.room(self._views, request) if self.sandboxed else _open_room(folder, request)
        for attempt in range(1, ATTEMPTS + 1):
            for file in folder.glob("s-*"):
                file.unlink()
            server = self.server.pid()
            try:
                connection = self.server.connect()
                send_request(connection, manager, request, room)
                return SupervisedProcess(connection, request.limits, self.sandboxed, STARTUP_SECONDS)
            except (OSError, KernelStartError) as error:
                lost = isinstance(error, OSError) or error.lost
                if attempt < ATTEMPTS and lost:
                    self.server.forget_if_dead(server)
                    continue
                said = error.problem if isinstance(error, KernelStartError) else str(error)
                failure = self.server.wait_until_ready()  # "" if it ended before it could say why
                raise KernelStartError(said if failure is None else failure or self.server.log() or said) from error
        raise AssertionError("unreachable")


def _open_room(folder: Path, request: KernelRequest) -> dict[str, Any]:
    from grader.kernels.scratch import remove

    work = folder / "work"
    remove(work)  # of an attempt before
    work.mkdir()
    return {
        "work": str(work),
        "home": str(folder / "home"),
        "folders": [(path.name, str(path)) for path in request.folders],
        "at_home": {name: str(path) for name, path in request.at_home.items()},
        "copied": folders.COPIED_IN_THE_OPEN,
    }
