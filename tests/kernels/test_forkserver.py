"""The fork server's life: it outlasts its children, is replaced when lost, and ends with its parent in every way."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from grader.kernels.warm import Recipe, WarmSource

from ..conftest import left_of, wait_until
from .conftest import need_walls
from .notebooks import run

pytestmark = [pytest.mark.kernel, pytest.mark.sandbox]


@pytest.fixture(params=[True, False], ids=["walls", "open"])
def source(request: pytest.FixtureRequest) -> Iterator[WarmSource]:
    if request.param:
        need_walls()
    with closing(WarmSource(Recipe.of(walls=request.param))) as source:
        yield source


def test_it_outlasts_dying_children_and_is_replaced_when_it_dies_itself(source: WarmSource) -> None:
    assert run(source, "print(1)").text == "1\n"
    first = source.server.pid()
    assert first is not None
    assert run(source, "import os; os.abort()").ending == "died"
    assert run(source, "print(2)").text == "2\n"
    assert source.server.pid() == first
    for process in [psutil.Process(first), *psutil.Process(first).children(recursive=True)]:
        process.kill()
    assert run(source, "print(3)").text == "3\n"
    assert source.server.pid() not in (None, first)


@pytest.mark.timing
def test_a_kernel_that_runs_while_the_server_is_lost_does_not_hang(source: WarmSource) -> None:
    import threading

    def lose() -> None:
        os.kill(source.server.pid() or 0, signal.SIGKILL)

    source.server.wait_until_ready()
    timer = threading.Timer(1.5, lose)
    timer.start()
    outcome = run(source, "import time; time.sleep(3); print('done')", wall=15)
    timer.join()
    assert outcome.ending in ("died", "completed")  # in the open a child outlives the server
    assert outcome.seconds < 8


GRADING = """
import sys, time
from pathlib import Path
from grader.kernels import KernelRequest
from grader.kernels.warm import Recipe, WarmSource
walls, spread = sys.argv[1] == "walls", "import time\\nprint('running')\\ntime.sleep(60)"
source = WarmSource(Recipe.of(walls=walls))
try:
    print(source.server.pid(), source._scratch.path, flush=True)
    while True:
        with source.kernel(KernelRequest()) as kernel:
            print("kernel", flush=True)
            client = kernel.manager.client()
            client.start_channels()
            client.execute("import time; time.sleep(0.1)")
            time.sleep(0.3)
            client.stop_channels()
finally:
    source.close()
"""


def _started(walls: str) -> tuple[subprocess.Popen[str], int, Path]:
    grading = subprocess.Popen(
        [sys.executable, "-c", GRADING, walls], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert grading.stdout is not None
    server, folder = grading.stdout.readline().split()
    return grading, int(server), Path(folder)


def _family(server: int) -> list[psutil.Process]:
    try:
        root = psutil.Process(server)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


@pytest.mark.timing
@pytest.mark.parametrize("walls", ["walls", "open"])
@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=lambda blow: blow.name)
@pytest.mark.parametrize("when", ["at the start", "later"])
def test_it_ends_with_its_parent(walls: str, blow: signal.Signals, when: str) -> None:
    if walls == "walls":
        need_walls()
    grading, server, folder = _started(walls)
    assert grading.stdout is not None
    if when != "at the start":
        assert grading.stdout.readline() == "kernel\n"
        time.sleep(random.uniform(0, 2))
    family = _family(server)
    grading.send_signal(blow)
    grading.wait(10)
    grading.stdout.close()
    assert not left_of(family)
    wait_until(lambda: not folder.exists(), seconds=8)


def test_it_outlives_the_thread_that_opened_it() -> None:
    """Linux ends a sandbox with the thread that started it."""
    need_walls()
    import threading

    opened: list[WarmSource] = []
    thread = threading.Thread(target=lambda: opened.append(WarmSource(Recipe.of(walls=True))))
    thread.start()
    thread.join()
    with closing(opened[0]) as source:
        assert source.server.wait_until_ready() is None
        assert run(source, "print(1)").text == "1\n"


def test_a_start_that_fails_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from grader.kernels.supervised import KernelStartError

    monkeypatch.setattr("grader.inside.zygote.PRELOADED", ())
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: no permissions to create a new namespace' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with (
        closing(WarmSource(Recipe.of(walls=True))) as source,
        pytest.raises(KernelStartError, match="no permissions to create"),
    ):
        run(source, "print(1)")
