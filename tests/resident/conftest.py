"""A resident grader of a test's own, which nobody else finds."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from ..conftest import COURSE, left_of, missing, wait_until

SWITCHES = ("CI", "GRADER_SERVER", "GRADER_IDLE", "XDG_RUNTIME_DIR")


@dataclass
class Place:
    """A runtime folder in which a resident grader may listen, and a course to type commands in."""

    runtime: Path
    course: Path

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in SWITCHES}
        return {**kept, "COLUMNS": "80", "XDG_RUNTIME_DIR": str(self.runtime), **more}

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Type a command, and do not wait for its end."""
        return subprocess.Popen(
            [sys.executable, "-m", "grader", *arguments],
            cwd=self.course,
            env=self.environment(**environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
        """Exit code, stdout, stderr."""
        process = self.start(*arguments, **environment)
        out, errors = process.communicate(timeout=120)
        return process.returncode, out, errors

    def resident(self) -> psutil.Process | None:
        """The process of the resident grader, as it says itself; a busy machine may take it some time to answer."""
        end = time.monotonic() + 20
        while any(self.runtime.glob("gradient-clinic/*/socket")) and time.monotonic() < end:
            if told := re.search(r"process (\d+)", self.run("server", "status")[1]):
                return psutil.Process(int(told[1]))
        return None

    def family(self) -> list[psutil.Process]:
        """The resident grader and all that it has started."""
        resident = self.resident()
        return [resident, *resident.children(recursive=True)] if resident else []

    def folders(self) -> list[Path]:
        return list(self.runtime.glob("gradient-clinic/*"))


@contextmanager
def opened(folder: Path) -> Iterator[Place]:
    if not sys.platform.startswith("linux"):
        missing("no resident grader on this system")
    runtime = folder / "run"
    runtime.mkdir(0o700)
    place = Place(runtime, Path(shutil.copytree(COURSE, folder / "course")))
    yield place
    family = place.family()
    place.run("server", "stop")
    assert not left_of(family, 15)
    wait_until(lambda: not place.folders())


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with opened(tmp_path) as place:
        yield place


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """With a resident grader that runs and has graded; for tests that do not end or hurt it."""
    with opened(tmp_path_factory.mktemp("kept")) as place:
        yield place


@pytest.fixture
def warmed(kept: Place) -> Place:
    """The same, whatever a test before has done to it."""
    shutil.rmtree(kept.course)
    shutil.copytree(COURSE, kept.course)
    if not kept.folders():
        assert kept.run("grade", "01", "--brief")[0] == 1
    return kept
