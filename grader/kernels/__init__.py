"""Where a kernel comes from. `execute` asks a KernelSource for a Kernel and knows nothing else about it.

A source is named in SOURCES; `cold` starts an interpreter for each notebook. Importing this module costs nothing:
what a source needs (jupyter_client, zmq) is imported when it is opened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from grader.model import LimitHit, Limits

if TYPE_CHECKING:
    from jupyter_client.manager import AsyncKernelManager


@dataclass(frozen=True, slots=True)
class KernelRequest:
    """What a notebook's kernel is to be given."""

    limits: Limits = field(default_factory=Limits)
    device: str = "cpu"  # "cpu" | "gpu"
    data: Mapping[str, Path] = field(default_factory=dict)  # name in the work folder -> file to copy there


class Kernel(Protocol):
    """A running kernel that nobody else uses."""

    manager: AsyncKernelManager  # started; `manager.client()` connects to it

    def limit_hit(self) -> LimitHit | None:
        """Which limit of the request ended the kernel, if one did. To be asked after it died."""

    def kill(self) -> None:
        """End the kernel and everything that it started, at once, from any thread."""


class KernelSource(Protocol):
    """Gives kernels; safe to use from several threads."""

    def kernel(self, request: KernelRequest) -> AbstractContextManager[Kernel]:
        """A started kernel for the length of a `with`; nothing of it is left afterwards."""

    def close(self) -> None:
        """Give back whatever the source keeps between kernels."""


def _cold() -> KernelSource:
    from grader.kernels.cold import ColdSource

    return ColdSource()


SOURCES: dict[str, Callable[[], KernelSource]] = {"cold": _cold}


def open_source(name: str = "auto", sandbox: str = "auto") -> KernelSource:  # noqa: ARG001  one kind so far
    """The kernel source of that name; "auto" is the fastest one that works here."""
    return SOURCES["cold" if name == "auto" else name]()
