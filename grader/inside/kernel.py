"""The last step of a forked or sandboxed kernel: take on its limits, then become an ipykernel.

It gets the limits of the request and five listening sockets that the grader made. So a kernel needs no folder that both
it and the grader can write to, and the grader can connect before the kernel is there. The hard part is ipykernel's
start, which wants to bind addresses: `_HandedApp` gives it the sockets in their place. Untrusted side; needs ipykernel.
"""

from __future__ import annotations

import random
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import zmq
from ipykernel import ipkernel
from ipykernel.kernelapp import IPKernelApp
from traitlets.config import Config

from grader.inside.measure import MB

CHANNELS = ("shell", "iopub", "stdin", "hb", "control")  # the order of the handed sockets; ports count from 1
CPU_GRACE = 5  # seconds more than the watchdog allows: it should be the first to notice
DATA_FACTOR = 1.5  # RLIMIT_DATA over the memory limit: it stops what is faster than the watchdog

# Collected before the fork: in a fork, each name that is looked at costs a page of memory. This module must be the last
# of ours to be imported.
OURS = [name for name in sys.modules if name.partition(".")[0] == "grader"]


def limit_resources(limits: dict[str, float], device: str) -> None:
    """The rlimits, for this process and all that it starts."""
    set_to = {
        "CORE": 0,
        "CPU": int(limits["cpu"]) + CPU_GRACE,
        "FSIZE": int(limits["file_size"]) * MB,
        "NOFILE": int(limits["open_files"]),
        "NPROC": int(limits["processes"]),
        "MSGQUEUE": 0,
        "MEMLOCK": 8 * MB,
    }
    if device != "gpu":  # CUDA reserves address space far beyond what it uses
        set_to["DATA"] = int(limits["memory"] * MB * DATA_FACTOR) + _data_size()
    for name, value in set_to.items():
        number = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(number)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(number, (value, value))


def _data_size() -> int:
    """Bytes of data that a fork has from the start, nearly all of them shared with its siblings."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmData:"))


class _HandedApp(IPKernelApp):  # type: ignore[misc]
    """ipykernel, listening on sockets that are open already."""

    handed: dict[int, int]  # port number -> descriptor

    def _try_bind_socket(self, s: Any, port: int) -> int:
        s.setsockopt(zmq.USE_FD, self.handed[port])
        s.bind(f"ipc:///handed-{port}")  # the address is not used
        return port

    def init_heartbeat(self) -> None:
        """None: the grader watches the process itself."""

    def parse_command_line(self, argv: Any = None) -> None:  # noqa: ARG002
        """None: reading one takes an eighth of the start."""
        self.update_config(Config(HistoryManager={"hist_file": ":memory:", "enabled": False}))

    def init_config_files(self) -> None:
        """None: a notebook is graded alike on any machine."""

    def load_config_file(self, *_arguments: Any) -> None:
        """None."""

    def init_kernel(self) -> None:
        """Without ipykernel's list of all modules, which is for its debugger and touches every module that there is:
        a fork pays for each with a page of memory, together a quarter of the start."""
        ipkernel.sys = SimpleNamespace(modules={})
        super().init_kernel()
        ipkernel.sys = sys

    def init_connection_file(self) -> None:
        """None: the request said all that a connection file says."""

    def write_connection_file(self, **_kwargs: Any) -> None:
        """None."""

    def init_signal(self) -> None:
        """None: nobody interrupts this kernel."""


def become_kernel(key: str, sockets: list[int], ready: Callable[[], None]) -> None:
    """Run an ipykernel on these sockets; returns when asked to shut down. `ready`: a notebook's code comes next."""
    _forget_the_grader()
    random.seed()  # a fork shares the generators' state with its siblings
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    ports = {f"{name}_port": number for number, name in enumerate(CHANNELS, start=1)}
    app = _HandedApp.instance(transport="ipc", ip="handed", parent_handle=1, connection_file="none", **ports)
    app.handed = dict(enumerate(sockets, start=1))
    app.session.key = key.encode()
    app.initialize([])
    _open_pipes(app.iopub_thread)
    ready()
    app.start()


def _open_pipes(iopub: Any) -> None:
    """Have ipykernel's output thread open the pipe to itself now: it dies of it when no descriptor is left."""
    iopub.schedule(lambda: iopub.schedule(lambda: None))


def _forget_the_grader() -> None:
    """What a notebook imports must not find our modules; those that run already need no name."""
    for name in OURS:
        del sys.modules[name]
    sys.path[:] = [str(Path.cwd()), *(entry for entry in sys.path if entry and not entry.startswith("/proc/"))]
