"""The same kernel sources as the kernels' own tests, and decoys to attack."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from ..kernels.conftest import cold, need_walls, open_warm, walled, warm

__all__ = ["cold", "need_walls", "open_warm", "walled", "warm"]

SLEEPER = "import sys, time; kept = 'kept-' + sys.stdin.readline().strip(); print('ready', flush=True); time.sleep(600)"


@dataclass
class Decoys:
    """Things on this machine that a notebook must not reach, and that we can afford to lose."""

    secret: str
    folder: Path
    file: Path
    process: int
    tcp: int
    address: str  # of this machine in its network, or "" where it has none
    unix: str
    abstract: str


def address() -> str:
    found = (each for interface in psutil.net_if_addrs().values() for each in interface)
    own = (each.address for each in found if each.family == socket.AF_INET)
    return next((each for each in own if not each.startswith("127.")), "")


@pytest.fixture
def decoys(tmp_path: Path) -> Iterator[Decoys]:
    secret = secrets.token_hex(16)
    tmp_path.chmod(0o777)
    spec = tmp_path / ".spec"
    spec.mkdir()
    (spec / "test_gradients.py").write_text(secret)
    sleeper = subprocess.Popen(
        [sys.executable, "-c", SLEEPER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "DECOY": secret},
    )
    assert sleeper.stdin is not None
    assert sleeper.stdout is not None
    sleeper.stdin.write(secret + "\n")
    sleeper.stdin.flush()
    assert sleeper.stdout.readline() == "ready\n"
    unix, abstract = str(tmp_path / "socket"), f"decoy-{secret}"
    with (
        socket.create_server(("0.0.0.0", 0)) as tcp,
        socket.socket(socket.AF_UNIX) as named,
        socket.socket(socket.AF_UNIX) as unnamed,
    ):
        named.bind(unix)
        Path(unix).chmod(0o777)
        named.listen()
        unnamed.bind("\0" + abstract)
        unnamed.listen()
        file, port = spec / "test_gradients.py", tcp.getsockname()[1]
        yield Decoys(secret, tmp_path, file, sleeper.pid, port, address(), unix, abstract)
    sleeper.kill()
    sleeper.wait()
    sleeper.stdin.close()
    sleeper.stdout.close()


@pytest.fixture
def marker() -> Iterator[str]:
    """A word for the command line of a process that an attack leaves behind; such processes are ended."""
    word = f"left-{secrets.token_hex(8)}"
    yield word
    for pid in bearing(word):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def bearing(word: str) -> list[int]:
    """The processes of this machine that have the word in their command line."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if process.pid != os.getpid() and any(word in part for part in process.info["cmdline"] or []):
            found.append(process.pid)
    return found
