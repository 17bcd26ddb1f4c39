"""A machine that says no is told in one sentence, at once, and nothing is left behind."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest

from grader.commands.machine import FEWEST_FILES, disk_problem
from grader.course.files import write_whole

from ..conftest import alone, left_of

pytestmark = pytest.mark.skipif(os.name != "posix", reason="folders in use can't be deleted elsewhere")
GRADER = [sys.executable, "-m", "grader"]


def shell(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.run(
        ["/bin/sh", "-c", script, "sh", *GRADER],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_deleted_working_folder_is_named(course: Path) -> None:
    ended = shell('mkdir gone && cd gone && rmdir ../gone && "$@" list', course)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "The working folder has been deleted.\nGo to another folder: cd ~\n"


def test_too_few_files_are_told_with_the_command_that_helps(course: Path) -> None:
    ended = shell('ulimit -n 40 && "$@" grade 01', course)
    assert ended.returncode == 2
    assert f"ulimit -n {FEWEST_FILES}" in ended.stderr


def test_a_low_soft_limit_is_raised(course: Path) -> None:
    ended = shell('ulimit -Sn 60 && "$@" list', course)
    assert ended.returncode == 0 and not ended.stderr


def test_a_full_disk_is_named() -> None:
    problem = disk_problem(OSError(errno.ENOSPC, "No space left on device", "/data/report.html"))
    assert (
        problem is not None and problem.message == "Stopped: there is no space left on the disk of /data/report.html."
    )
    assert disk_problem(OSError(errno.ENOENT, "No such file", "x")) is None


def test_what_could_not_be_written_whole_leaves_no_draft(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()  # a folder can't be replaced by a file
    with pytest.raises(OSError):
        write_whole(target, "text")
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.kernel
@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_closed_terminal_leaves_nothing_behind(course: Path, number: signal.Signals) -> None:
    path = course / "exercises" / "01_line" / "notebook.ipynb"
    path.write_text(path.read_text().replace("losses = []", "while True: pass"))
    scratch = Path(tempfile.mkdtemp(prefix="grader-"))  # a short path: sockets lie below it
    environment = alone() | {"TMPDIR": str(scratch)}
    process = subprocess.Popen([*GRADER, "01"], cwd=course, env=environment, stderr=subprocess.PIPE)
    while not (family := psutil.Process(process.pid).children(recursive=True)) or not list(scratch.iterdir()):
        time.sleep(0.05)
    process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert not left_of(family)
    end = time.monotonic() + 5
    while list(scratch.iterdir()) and time.monotonic() < end:
        time.sleep(0.05)
    assert not list(scratch.iterdir())
    shutil.rmtree(scratch)
