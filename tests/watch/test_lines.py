"""watch where there is no terminal: plain lines, of which the last sums up."""

from __future__ import annotations

import signal
import subprocess
import sys

import psutil
import pytest

from grader.course.catalogue import exercises
from grader.course.progress import Progress
from grader.model import Status, Verdict

from ..conftest import alone, left_of
from .conftest import Desk

COMMAND = [sys.executable, "-m", "grader", "watch", "--device", "cpu"]


@pytest.mark.kernel
@pytest.mark.parametrize("options", [pytest.param((), marks=pytest.mark.soak), ("--plain",)])
def test_every_verdict_ends_in_one_line_that_sums_it_up_and_ctrl_c_ends_it(
    desk: Desk, options: tuple[str, ...]
) -> None:
    process = subprocess.Popen(
        [*COMMAND, *options],
        cwd=desk.course,
        env=alone(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    assert process.stdout is not None
    seen: list[str] = []
    try:
        for summary in (
            "01 A line: 1 of 10 points, failed.\n",
            "01 A line: 10 of 10 points (+9), passed. 1 of 2 exercises passed.\n",
            "01 A line: not graded.\n",
        ):
            while not seen or seen[-1] != summary:
                seen.append(process.stdout.readline())
            desk.save(desk.text(solved=True) if "failed" in summary else "no notebook")
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
        assert not left_of(family)
        text = "".join(seen)
        assert "GRAD002" in text and text.count("Full report: ") == 2 and "is not a notebook" in text
        assert ("^^^" in text) == (not options)
        assert "\x1b" not in text and "h hint" not in text
    finally:
        process.kill()
        process.stdout.close()


def test_when_all_is_passed_it_says_so_and_ends(desk: Desk) -> None:
    for exercise in exercises(desk.course / "exercises"):
        passed = Verdict(exercise.id, exercise.title, "", Status.PASSED, "", "", 10, 10)
        Progress(desk.course / "exercises").note(exercise, passed)
    done = subprocess.run(COMMAND, cwd=desk.course, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert "You have passed every exercise" in done.stdout
