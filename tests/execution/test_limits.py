"""An exception that says that a limit was reached is a verdict that names the limit. Real kernels behind walls."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.execution.limits import exhausted
from grader.execution.session import open_session
from grader.grading.grader import Grader
from grader.kernels import KernelRequest, KernelSource
from grader.model import CellError, Exercise, Limits, Run

from ..conftest import notebook

pytestmark = pytest.mark.kernel

ARRAY = "import numpy\nnumpy.empty(5 * 10**9, dtype='u1')"
TENSOR = "import tensorflow as tf\ntf.zeros((20_000, 20_000)) + 1"
LIST = "kept = [0] * (120 * 10**6)"
FILE = "with open('big', 'wb') as file:\n    for _ in range(40): file.write(bytes(2**20))"
FILES = (
    "for name in 'abcdef':\n    with open(name, 'wb') as file:\n        for _ in range(18): file.write(bytes(2**20))"
)
OPENED = "import os\nkept = [os.dup(0) for _ in range(2000)]"
THREADS = (
    "import threading, time\nfor _ in range(500): threading.Thread(target=time.sleep, args=(9,), daemon=True).start()"
)


def run(source: KernelSource, code: str, **limits: int) -> Run:
    with open_session(source, KernelRequest(Limits(**limits), "cpu")) as session:
        return session.run(notebook(code))


@pytest.mark.parametrize(
    ("code", "limits", "name", "allowed", "used"),
    [
        (ARRAY, {"memory": 1000}, "memory", 1000, 5e9 / 2**20),
        (TENSOR, {"memory": 600}, "memory", 600, None),
        (LIST, {"memory": 500}, "memory", 500, None),
        (FILE, {"file_size": 20}, "file_size", 20, None),
        (FILES, {"file_size": 20}, "file_size", 40, None),
        (OPENED, {"open_files": 300}, "open_files", 300, None),
        (THREADS, {"processes": 200}, "processes", 200, None),
    ],
    ids=["array", "tensor", "list", "file", "files", "descriptors", "threads"],
)
def test_a_limit_that_the_notebook_was_told_of_is_the_verdict(
    warm: KernelSource, code: str, limits: dict[str, int], name: str, allowed: int, used: float | None
) -> None:
    ended = run(warm, code, **limits)
    assert ended.limit is not None
    assert (ended.status, ended.limit.name, ended.limit.allowed) == ("killed", name, allowed)
    assert used is None or ended.limit.used == pytest.approx(used, rel=0.01)
    assert run(warm, code, **{field: 20 * value for field, value in limits.items()}).status == "completed"


@pytest.mark.parametrize(
    "error", [CellError("ValueError", "[Errno 5]"), CellError("OSError", "[Errno 2] No such file")]
)
def test_any_other_exception_is_the_notebooks_own_affair(error: CellError) -> None:
    assert exhausted(error, Limits(), sandboxed=True) is None


def test_a_full_disk_is_a_limit_only_where_the_sandbox_has_its_own() -> None:
    error = CellError("OSError", "[Errno 28] No space left on device")
    hit = exhausted(error, Limits(), sandboxed=True)
    assert hit is not None and hit.allowed == 512
    assert exhausted(error, Limits(), sandboxed=False) is None


def test_the_learner_reads_which_limit_and_where(grader: Grader, line: Exercise) -> None:
    verdict = grader.judge(line, notebook("a = 1\n" + OPENED), replace(line.limits, open_files=300))
    assert verdict.status == "killed"
    assert verdict.message == "The notebook exceeded the limit of 300 open files in cell 1, line 3."
