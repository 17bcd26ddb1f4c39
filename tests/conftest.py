"""What tests share: a fixture course, real kernels kept warm for a whole session, and the switches of the suite."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import NoReturn

import psutil
import pytest

from grader.course.catalogue import load
from grader.course.notebook import Notebook, read
from grader.execution.session import open_session
from grader.grading.grader import Grader
from grader.kernels import KernelRequest, KernelSource, open_source
from grader.model import Exercise, Limits, Run

HERE = Path(__file__).parent
COURSE = HERE / "small_course"
SEED = 20_240_229  # of hidden inputs, where a test compares verdicts

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # as a shell's background job has it, and our children would too
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-goldens", action="store_true", help="write what is seen into the golden files")


@pytest.fixture(scope="session", autouse=True)
def resident_grader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Commands that tests type have a resident grader of this test process: a learner has one of their own too."""
    runtime = tmp_path_factory.mktemp("runtime")
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    os.environ.pop("CI", None)
    yield
    if any(runtime.glob("gradient-clinic/*/socket")):
        subprocess.run([sys.executable, "-m", "grader", "server", "stop"], stdout=subprocess.DEVNULL, check=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A busy machine can be slower than any patience of a test; whatever else fails, fails at once."""
    for item in items:
        if item.get_closest_marker("timing"):
            item.add_marker(pytest.mark.flaky(reruns=2, reruns_delay=3))


@pytest.fixture
def update_goldens(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-goldens"))


def missing(reason: str) -> NoReturn:
    """Skip a test for want of something; where everything must be there (.ci/run), fail it."""
    if os.environ.get("GRADER_REQUIRE_ALL"):
        pytest.fail(reason)
    pytest.skip(reason)


def alone() -> dict[str, str]:
    """The environment of a command that does all of its work itself."""
    return {**os.environ, "GRADER_SERVER": "off"}


def running(process: psutil.Process) -> bool:
    """A zombie has ended: it waits for the machine's init to notice it, and nothing more."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def left_of(family: list[psutil.Process], seconds: float = 5.0) -> list[psutil.Process]:
    """Of these processes, the ones that still run after a while."""
    end = time.monotonic() + seconds
    while (left := list(filter(running, family))) and time.monotonic() < end:
        time.sleep(0.05)
    return left


def wait_until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A copy of the fixture course that a test may write into."""
    return Path(shutil.copytree(COURSE, tmp_path / "course"))


@pytest.fixture(scope="session")
def line() -> Exercise:
    """The fixture course's exercise."""
    return load(COURSE / "exercises" / "01_line")


@pytest.fixture(scope="session")
def warm() -> Iterator[KernelSource]:
    with closing(open_source("warm")) as source:
        yield source


@pytest.fixture(scope="session", params=[pytest.param("cold", marks=pytest.mark.soak), "warm"])
def source(request: pytest.FixtureRequest) -> Iterator[KernelSource]:
    """Each kernel source in turn: whatever a test shows, it shows for both; for cold kernels, in the soak."""
    if request.param == "warm":
        yield request.getfixturevalue("warm")
    else:
        with closing(open_source("cold")) as cold:
            yield cold


@pytest.fixture(scope="session")
def grader(warm: KernelSource) -> Iterator[Grader]:
    with Grader(warm, device="cpu", seed=SEED) as grader:
        yield grader


def notebook(*cells: str) -> Notebook:
    """A notebook of these code cells."""
    return Notebook("a notebook", cells, (), "0" * 64, None)


def solution(exercise: Exercise) -> Notebook:
    """The exercise's solution, which only a learner's kit is without."""
    assert exercise.solution is not None
    return read(exercise.solution)


@pytest.fixture
def run(source: KernelSource) -> Callable[..., Run]:
    """Runs cells in a kernel of the source under test."""
    return partial(run_cells, source)


@pytest.fixture
def run_warm(warm: KernelSource) -> Callable[..., Run]:
    """The same in a warm kernel, for what does not depend on where a kernel comes from."""
    return partial(run_cells, warm)


def run_cells(source: KernelSource, *cells: str, **limits: int) -> Run:
    request = KernelRequest(Limits(**{"wall": 60, "cell": 30, **limits}), "cpu")
    with open_session(source, request) as session:
        return session.run(notebook(*cells))
