"""Where a kernel comes from. `execute` asks a KernelSource for a Kernel and knows nothing else about it.

A source is named in SOURCES: `cold` starts an interpreter for each notebook, `warm` forks one that has TensorFlow
imported. Both stand behind walls where the machine has them. Importing this module costs nothing:
what a source needs (jupyter_client, zmq) is imported when it is opened.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, get_args

from grader.model import Device, LimitHit, Limits

if TYPE_CHECKING:
    from jupyter_client.manager import AsyncKernelManager

    from grader.kernels.warm import Recipe


Walls = Literal["auto", "bwrap", "off"]  # what has to stand between a notebook and this machine
WALLS: tuple[Walls, ...] = get_args(Walls)


@dataclass(frozen=True, slots=True)
class KernelRequest:
    """What a notebook's kernel is to be given."""

    limits: Limits = field(default_factory=Limits)
    device: Device = "cpu"  # "auto": a GPU if there is one
    data: Mapping[str, Path] = field(default_factory=dict)  # name in the work folder -> file to copy there
    folders: tuple[Path, ...] = ()  # laid out in the work folder; a sandbox shows only those it was opened with
    at_home: Mapping[str, Path] = field(default_factory=dict)  # name in the home folder -> folder to link to, as these


class Kernel(Protocol):
    """A running kernel that nobody else uses."""

    manager: AsyncKernelManager  # started; `manager.client()` connects, `await manager.died()` waits for its end

    def limit_hit(self) -> LimitHit | None:
        """Which limit of the request ended the kernel, if one did. To be asked after it died."""

    def lost(self) -> bool:
        """Whether it ended because a process of ours did, which no notebook can bring about. To be asked after it
        died."""

    def kill(self) -> None:
        """End the kernel and everything that it started, at once, from any thread."""


class Cancellation:
    """Has a piece of work end soon, from another thread: its kernel is ended, also one that is still being started."""

    def __init__(self) -> None:
        self.asked = False
        self._kernel: Kernel | None = None
        self._children: list[Cancellation] = []

    def hold(self, kernel: Kernel) -> None:
        """This kernel works now."""
        self._kernel = kernel
        if self.asked:
            kernel.kill()

    def child(self) -> Cancellation:
        """For a part of the work that may be ended alone, and is ended with the whole."""
        child = Cancellation()
        self._children.append(child)
        if self.asked:
            child.cancel()
        return child

    def cancel(self) -> None:
        self.asked = True
        if self._kernel is not None:
            self._kernel.kill()
        for child in self._children:
            child.cancel()


class KernelSource(Protocol):
    """Gives kernels; safe to use from several threads."""

    sandboxed: bool  # whether walls stand between a notebook and this machine
    notice: str  # one line to show when the source is slower or less safe than it could be; else ""

    @property
    def recipe(self) -> Recipe | None:
        """With which another process can open the same; None where that would gain nothing."""

    def kernel(self, request: KernelRequest) -> AbstractContextManager[Kernel]:
        """A started kernel for the length of a `with`; nothing of it is left afterwards."""

    def close(self) -> None:
        """Give back whatever the source keeps between kernels."""


def _cold(sandbox: Walls, hidden: Sequence[Path], visible: Sequence[Path]) -> KernelSource:
    from grader.kernels import choice

    return choice.cold(sandbox, hidden, visible)


def _warm(sandbox: Walls, hidden: Sequence[Path], visible: Sequence[Path]) -> KernelSource:
    from grader.kernels import choice

    return choice.warm(sandbox, hidden, visible)


CARDS = "CUDA_VISIBLE_DEVICES"  # which of the GPUs CUDA may see


def gpus() -> list[Path]:
    """The device nodes of this machine's NVIDIA GPUs."""
    return sorted(Path("/dev").glob("nvidia[0-9]*"))


def shows_gpu(device: str) -> bool:
    """Whether a kernel for this device is shown this machine's GPUs, and spared the limits that CUDA can't bear."""
    return device == "gpu" or (device == "auto" and bool(gpus()))


ONEDNN = "TF_ENABLE_ONEDNN_OPTS"
CONTRACTIONS = "TENSORFLOW_USE_CUSTOM_CONTRACTION_KERNEL"  # oneDNN's too


def tensorflow_environment(outer: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables that make TensorFlow compute alike in every kernel.

    oneDNN's operations round differently on each kind of processor, so without them a class is graded alike on any
    machine. They would be no faster either: looking for one takes 3 to 9 ms at the first use of every operation, and
    compiling its first matrix product 20 ms, together half of a small notebook's time. They pay off where matrices of
    500 rows and more are multiplied, or images convolved: set the variable to 1 before grading.
    """
    wanted = outer.get(ONEDNN, "0")
    settings = {ONEDNN: wanted, CONTRACTIONS: outer.get(CONTRACTIONS, wanted)}
    chosen = {CARDS: outer[CARDS]} if CARDS in outer else {}
    return {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_FORCE_GPU_ALLOW_GROWTH": "true", **settings, **chosen}


Open = Callable[[Walls, Sequence[Path], Sequence[Path]], KernelSource]
SOURCES: dict[str, Open] = {"auto": _warm, "warm": _warm, "cold": _cold}


def open_source(
    name: str = "auto", sandbox: Walls = "auto", hidden: Sequence[Path] = (), visible: Sequence[Path] = ()
) -> KernelSource:
    """The kernel source of that name ("auto": the fastest that works here).

    `sandbox`: "bwrap" insists on walls and raises GraderError where there can be none, "auto" goes on without them and
    says so in `notice`, "off" does without. `hidden`: folders (the course) that notebooks must not see even if they
    lie in one that the interpreter needs. `visible`: folders that requests may ask for, read-only; resolved paths. A
    warm source starts its fork server now, and does not wait for it.
    """
    return SOURCES[name](sandbox, hidden, visible)
