"""watch as a learner sees it: the real command in a real terminal, on real kernels."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from ..conftest import left_of
from .conftest import Desk, lay_out

pytest.importorskip("pexpect", reason="there are no pseudo-terminals here")
import pexpect

pytestmark = pytest.mark.kernel

COMMAND = ["-m", "grader", "watch", "--device", "cpu"]
SOON, NEVER = 60, 1.5  # seconds to wait for what must come, and for what must not
KEYS = "q quit  \\? keys"
ENDLESS = "import time\ntime.sleep(600)"


class Terminal(pexpect.spawn):  # type: ignore[misc]
    """watch in a terminal of its own."""

    def __init__(self, course: Path) -> None:
        environment = {**os.environ, "TERM": "xterm", "NO_COLOR": "1"}
        environment.pop("DISPLAY", None)
        how = {"cwd": str(course), "env": environment, "encoding": "utf-8", "timeout": SOON, "dimensions": (50, 100)}
        super().__init__(sys.executable, COMMAND, **how)
        self.modes = termios.tcgetattr(self.child_fd)

    def silent(self, text: str) -> bool:
        return bool(self.expect([text, pexpect.TIMEOUT], timeout=NEVER) == 1)

    def leave(self, how: Callable[[], object]) -> int:
        """End it in some way; its exit code, once all that it started is gone and the terminal as it was."""
        family = psutil.Process(self.pid).children(recursive=True)
        how()
        self.expect(pexpect.EOF)
        self.wait()
        assert not left_of(family)
        assert termios.tcgetattr(self.child_fd) == self.modes
        return int(128 + self.signalstatus if self.signalstatus else self.exitstatus)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Terminal, Desk]]:
    """One watch for the tests that leave it running, after its first verdict."""
    desk = lay_out(tmp_path_factory.mktemp("room"))
    terminal = Terminal(desk.course)
    terminal.expect("Watching 01_line")
    terminal.expect("1 / 10 points   failed")
    terminal.expect(KEYS)
    yield terminal, desk
    terminal.close(force=True)


@pytest.fixture
def terminal(desk: Desk) -> Iterator[Terminal]:
    started = Terminal(desk.course)
    yield started
    started.close(force=True)


def test_a_save_is_graded_and_a_pass_is_celebrated(room: tuple[Terminal, Desk]) -> None:
    terminal, desk = room
    desk.replace(desk.text(solved=True))
    terminal.expect("10 / 10 points   passed")
    terminal.expect("Well done. 1 of 2 exercises passed.")
    terminal.expect("Press n to go on to 02_again")
    terminal.expect(KEYS)


def test_a_failed_save_is_told_at_once_then_with_the_place(room: tuple[Terminal, Desk]) -> None:
    terminal, desk = room
    desk.save(desk.text())
    terminal.expect("1 / 10 points   failed")
    terminal.expect("GRAD002")
    terminal.expect(KEYS)


def test_outputs_alone_are_no_reason_to_grade(room: tuple[Terminal, Desk]) -> None:
    terminal, desk = room
    printed = '"outputs": [{"output_type": "stream", "name": "stdout", "text": "1"}]'
    desk.save(desk.text().replace('"outputs": []', printed))
    assert terminal.silent("points")


def test_a_half_written_file_is_waited_for(room: tuple[Terminal, Desk]) -> None:
    terminal, desk = room
    text = desk.text(solved=True)
    desk.save(text[:500])
    assert terminal.silent("JSON|points|running")
    desk.save(text)
    terminal.expect("10 / 10 points   passed")
    terminal.expect(KEYS)


@pytest.mark.timing
def test_a_save_during_a_grading_is_graded_instead(room: tuple[Terminal, Desk]) -> None:
    terminal, desk = room
    desk.save(desk.text(cell_3=ENDLESS))
    terminal.expect("running cell 3 of 3")
    begun = time.monotonic()
    desk.save(desk.text(solved=True))
    terminal.expect("points")
    assert terminal.before.count("failed") == 0
    terminal.expect("passed")
    assert time.monotonic() - begun < 10
    terminal.expect(KEYS)


def test_keys_are_obeyed_without_enter_and_not_echoed(room: tuple[Terminal, Desk]) -> None:
    terminal, desk = room
    desk.save(desk.text())
    terminal.expect("1 / 10 points   failed")
    terminal.expect(KEYS)
    terminal.send("h")
    terminal.expect("hint 1 of ")
    assert "h" not in terminal.before
    terminal.expect(KEYS)
    for key, answer in (("l", "02  A line"), ("r", "reports/01_line.html"), ("?", "on to the next exercise")):
        terminal.send(key)
        terminal.expect(answer)
    terminal.send("\x1b[A")
    terminal.send("z")
    assert terminal.silent("Watching|points")


def test_reset_asks_first(room: tuple[Terminal, Desk]) -> None:
    terminal, desk = room
    desk.save(desk.text(solved=True))
    terminal.expect("10 / 10 points")
    terminal.expect(KEYS)
    for answer, told in (("n", "Nothing was changed"), ("y", "1 / 10 points   failed")):
        terminal.send("x")
        terminal.expect("Bring the broken notebook back\\?")
        terminal.send(answer)
        terminal.expect(told)
    assert "intercept.numpy()" in desk.notebook.read_text()
    assert len(list(desk.notebook.parent.glob("notebook.mine-*"))) == 1


def test_the_next_exercise_is_watched_in_its_place(room: tuple[Terminal, Desk]) -> None:
    terminal, desk = room
    terminal.send("n")
    terminal.expect("Watching 02_again")
    terminal.expect("1 / 10 points   failed")
    terminal.expect(KEYS)
    desk.save(desk.text(solved=True))
    assert terminal.silent("points")
    assert psutil.Process(terminal.pid).num_threads() < 40


def test_quitting_restores_the_terminal(room: tuple[Terminal, Desk]) -> None:
    terminal, _desk = room
    during = termios.tcgetattr(terminal.child_fd)
    assert during[3] & (termios.ICANON | termios.ECHO) == 0
    assert terminal.leave(lambda: terminal.send("q")) == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_restores_the_terminal_and_leaves_nothing_behind(
    terminal: Terminal, desk: Desk, number: signal.Signals, code: int
) -> None:
    desk.save(desk.text(cell_3=ENDLESS))
    terminal.expect("running cell 3 of 3")
    assert termios.tcgetattr(terminal.child_fd) != terminal.modes
    assert terminal.leave(lambda: terminal.kill(number)) == code


@pytest.mark.timing
@pytest.mark.parametrize("moment", [0.3, 1.0, 2.0, 3.5, 5.0])
def test_ctrl_c_at_any_moment_leaves_no_process_behind(terminal: Terminal, desk: Desk, moment: float) -> None:
    desk.save(desk.text(cell_2=ENDLESS))
    time.sleep(moment)
    begun = time.monotonic()
    assert terminal.leave(lambda: terminal.sendintr()) == 130
    assert time.monotonic() - begun < 6


def test_without_a_terminal_it_regrades_and_ctrl_c_ends_it(desk: Desk) -> None:
    process = subprocess.Popen(
        [sys.executable, *COMMAND], cwd=desk.course, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        seen = ""
        while "Full report" not in seen:
            seen += process.stdout.readline()
        desk.save(desk.text(solved=True))
        while "Well done" not in seen:
            seen += process.stdout.readline()
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
        assert not left_of(family)
        assert "\x1b" not in seen and "h hint" not in seen
    finally:
        process.kill()
        process.stdout.close()


def test_when_all_is_passed_it_says_so_and_ends(desk: Desk) -> None:
    from grader.course.catalogue import exercises
    from grader.course.progress import Progress
    from grader.model import Status, Verdict

    for exercise in exercises(desk.course / "exercises"):
        passed = Verdict(exercise.id, exercise.title, "", Status.PASSED, "", "", 10, 10)
        Progress(desk.course / "exercises").note(exercise, passed)
    done = subprocess.run([sys.executable, *COMMAND], cwd=desk.course, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert "You have passed every exercise" in done.stdout
