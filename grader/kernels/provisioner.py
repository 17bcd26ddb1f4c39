"""Between jupyter_client and a kernel's process: nbconvert drives our kernels as it drives any other.

A `Launcher` is the one thing in which kernel sources differ: given what a kernel needs to listen on, it starts a
`Process`. The provisioner, which a `SourcedKernelManager` names in its kernelspec, starts kernels with it. The hard
part is noticing a death at once, from whichever event loop is waiting: every wait opens a descriptor of its own.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Any, Protocol

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase

from grader.kernels.client import PromptClient
from grader.model import LimitHit

NAME = "gradient-clinic"  # the entry point's name in pyproject.toml

POLL_SECONDS = 0.05  # where the system has no descriptor for a process (macOS, Windows)


class Process(Protocol):
    """A kernel's process and everything that it started."""

    def poll(self) -> int | None:
        """The exit status, or None while it runs."""

    def exit_descriptor(self) -> int | None:
        """A new descriptor that becomes readable when the process ends; None where the system has no such thing."""

    def kill(self) -> None:
        """End the whole tree, from any thread, at any time."""

    def limit_hit(self) -> LimitHit | None:
        """The limit for which its watchdog or supervisor ended it."""

    def lost(self) -> bool:
        """Whether it is gone without a word from whoever watches it, as where that process was killed."""

    def close(self) -> None:
        """Wait for its end and give back what it costs us."""


Launcher = Callable[[AsyncKernelManager], Process]  # called once the manager's connection is settled


async def exited(process: Process) -> None:
    """Wait until the process has ended."""
    descriptor = process.exit_descriptor()
    if descriptor is None:
        while process.poll() is None:
            await asyncio.sleep(POLL_SECONDS)
        return
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


class SourcedProvisioner(KernelProvisionerBase):
    """Starts a kernel through the launcher of its manager."""

    process: Process | None = None
    parent: Any

    @property
    def has_process(self) -> bool:
        return self.process is not None

    async def poll(self) -> int | None:
        return 0 if self.process is None else self.process.poll()

    async def wait(self) -> int | None:
        if self.process is None:
            return 0
        await exited(self.process)
        status, self.process = self.process.poll(), None
        return status

    async def send_signal(self, signum: int) -> None:
        """Nothing: a kernel under grading is never interrupted, it is killed."""

    async def kill(self, restart: bool = False) -> None:  # noqa: ARG002
        if self.process is not None:
            self.process.kill()
            await exited(self.process)  # otherwise jupyter_client polls, every 0.1 s

    async def terminate(self, restart: bool = False) -> None:
        await self.kill(restart)

    async def cleanup(self, restart: bool = False) -> None:
        """Nothing: the source owns the kernel's folder."""

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        self.parent.write_connection_file()
        self.connection_info = self.parent.get_connection_info()
        return {"cmd": [], **kwargs}

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:  # noqa: ARG002
        self.process = self.parent.launcher(self.parent)
        return self.connection_info


class SourcedKernelManager(AsyncKernelManager):
    """The manager of one kernel whose process a launcher starts."""

    def __init__(
        self, launcher: Launcher, output_limit: int, flooded: Callable[[int, int], None], **traits: Any
    ) -> None:
        super().__init__(**traits)
        self.launcher = launcher
        self.output_limit = output_limit  # bytes
        self.flooded = flooded  # called with the bytes allowed and the bytes that came
        # Made here, so that no kernelspec needs to be installed and no notebook can choose one.
        self._kernel_spec = KernelSpec(
            display_name="Gradient Clinic",
            language="python",
            metadata={"kernel_provisioner": {"provisioner_name": NAME}},
        )

    def client(self, **kwargs: Any) -> PromptClient:  # type: ignore[override]
        info = self.get_connection_info(session=True)
        return PromptClient(**info, connection_file=self.connection_file, parent=self, context=self.context, **kwargs)

    async def died(self) -> None:
        """Wait until the kernel has ended."""
        if isinstance(self.provisioner, SourcedProvisioner) and self.provisioner.process is not None:
            await exited(self.provisioner.process)

    async def _async_post_start_kernel(self, **kwargs: Any) -> None:
        """Not jupyter_client's, which connects to the control channel: nothing is ever asked there."""

    post_start_kernel = _async_post_start_kernel
