"""Attacks on the machine's resources: each ends within its limit, and goes through when the limit is taken away."""

from __future__ import annotations

import subprocess
import sys

import psutil
import pytest

from grader.kernels import KernelSource

from ..kernels.notebooks import run

pytestmark = [pytest.mark.kernel, pytest.mark.sandbox]
MB = 2**20
SLACK = 2.0  # seconds after a limit by which everything is over

TOUCH = "kept = []\nfor i in range(1200): kept.append(bytearray(2**20))\nprint('through')"
SHARED = (
    "import mmap\nkept = mmap.mmap(-1, 1200 * 2**20)\nfor i in range(0, len(kept), 4096): kept[i] = 1\nprint('through')"
)
TOGETHER = (  # four processes, each of them below the limit
    "import os, time\n"
    "for i in range(4):\n"
    "    if os.fork() == 0:\n"
    "        kept = bytearray(300 * 2**20); time.sleep(8); os._exit(0)\n"
    "time.sleep(4); print('through')"
)


@pytest.fixture(params=["warm", "walled"])
def source(request: pytest.FixtureRequest) -> KernelSource:
    found: KernelSource = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("code", [TOUCH, SHARED, TOGETHER], ids=["private", "shared", "several processes"])
def test_memory(code: str, source: KernelSource) -> None:
    outcome = run(source, code, memory=900)
    assert "through" not in outcome.text
    assert outcome.limit is not None
    assert outcome.limit.name == "memory"
    assert (outcome.limit.used or 0) < 1800
    assert "through" in run(source, code, memory=4000).text


def test_one_allocation_far_beyond_the_limit_raises_in_the_notebook(source: KernelSource) -> None:
    code = "import numpy\nnumpy.empty(5 * 10**9, dtype='u1'); print('through')"
    assert "MemoryError" in run(source, code, memory=1000).error
    assert "through" in run(source, code, memory=8000).text


FILL = (
    "import os\n"
    "for place in ('/clinic', '/tmp', '/dev/shm'):\n"
    "    for i in range(12):\n"
    "        with open(f'{place}/{i}', 'wb') as file:\n"
    "            for j in range(10): file.write(bytes(2**20))\n"
    "print('through')"
)


def test_disk(warm: KernelSource) -> None:
    """360 MB of files, each below the limit of a file."""
    outcome = run(warm, FILL, file_size=20)
    assert "No space left on device" in outcome.error
    assert "through" in run(warm, FILL, file_size=200).text


def test_disk_counts_as_memory(warm: KernelSource) -> None:
    outcome = run(warm, FILL + "\nimport time; time.sleep(5)", memory=400, file_size=1000)
    assert outcome.limit is not None
    assert outcome.limit.name == "memory"


def test_inodes(warm: KernelSource) -> None:
    outcome = run(warm, "for i in range(10**6): open(str(i), 'w').close()")
    assert "No space left on device" in outcome.error
    assert "through" in run(warm, "for i in range(10**4): open(str(i), 'w').close()\nprint('through')").text


BOMB = """
import os, time
made = 0
try:
    for i in range(150):
        if os.fork() == 0:
            time.sleep(3); os._exit(0)
        made += 1
except OSError: pass
print(made)
"""


def test_fork_bomb(source: KernelSource) -> None:
    outcome = run(source, BOMB, processes=60)
    killed = outcome.limit is not None and outcome.limit.name == "processes"
    assert killed or int(outcome.text) < 60
    free = subprocess.run([sys.executable, "-c", BOMB], capture_output=True, text=True, check=True, timeout=60)
    assert int(free.stdout) == 150


@pytest.mark.timing
def test_fork_bomb_that_never_tires(source: KernelSource) -> None:
    code = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
    outcome = run(source, code, processes=60, wall=4)
    assert outcome.ending == "died"
    assert outcome.seconds < 4 + SLACK


def test_threads(source: KernelSource) -> None:
    start = "for i in range(150): threading.Thread(target=time.sleep, args=(3,)).start()"
    code = f"import threading, time\n{start}\nprint('through')"
    outcome = run(source, code, processes=60)
    assert "through" not in outcome.text
    assert "through" in run(source, code, processes=400).text


FLOODS = {
    "many lines": "for i in range(30_000): print('x' * 1000)",
    "one line": "print('x' * 30_000_000)",
    "one display": "from IPython.display import display, HTML\ndisplay(HTML('x' * 30_000_000))",
    "many displays": "from IPython.display import display, HTML\nfor i in range(300): display(HTML('x' * 100_000))",
    "outside of IPython": "import os\nfor i in range(30_000): os.write(1, b'x' * 1000)",
    "of nobody's cell": (
        "kernel, content = get_ipython().kernel, {'name': 'stdout', 'text': 'x' * 100_000}\n"
        "for i in range(300): kernel.session.send(kernel.iopub_socket, 'stream', content)"
    ),
}


@pytest.mark.timing
@pytest.mark.parametrize("flood", FLOODS)
def test_output(flood: str, source: KernelSource) -> None:
    before = psutil.Process().memory_info().rss
    outcome = run(source, FLOODS[flood] + "\nimport time; time.sleep(5); print('through')", output=4)
    assert outcome.limit is not None
    assert outcome.limit.name == "output"
    assert "through" not in outcome.text
    assert outcome.seconds < 8
    assert psutil.Process().memory_info().rss - before < 100 * MB


def test_output_below_its_limit_goes_through(warm: KernelSource) -> None:
    assert len(run(warm, FLOODS["many lines"], output=40).text) > 30_000_000


def test_descriptors(source: KernelSource) -> None:
    code = "import os\nkept = [os.dup(0) for i in range(2000)]\nprint('through')"
    assert "Too many open files" in run(source, code, open_files=300).error
    assert "through" in run(source, code, open_files=4000).text


@pytest.mark.timing
@pytest.mark.parametrize(
    "loop",
    [
        "while True: pass",
        "sum(range(10**13))",
        "import time\nwhile True:\n    try: time.sleep(1)\n    except BaseException: pass",
        "import signal\nfor s in signal.valid_signals() - {9, 19}: signal.signal(s, signal.SIG_IGN)\nwhile True: pass",
    ],
    ids=["python", "C", "swallowed interrupts", "ignored signals"],
)
def test_a_loop_ends_with_its_wall_time(loop: str, source: KernelSource) -> None:
    outcome = run(source, loop, wall=2)
    assert outcome.ending == "died"
    assert outcome.seconds < 2 + SLACK
