"""watch as a learner sees it: the real command in a real terminal, on real kernels."""

from __future__ import annotations

import shlex
import shutil
import signal
import termios
import time
from collections.abc import Iterator
from itertools import count
from typing import Any

import psutil
import pytest

from ..conftest import missing
from .conftest import Desk, lay_out
from .terminal import BACK, OTHER_SCREEN, WATCH, Terminal

pytestmark = pytest.mark.kernel

ENDLESS = "import time\ntime.sleep(600)"
ESCAPE, DOWN, CTRL_Z = "\x1b", "\x1b[B", "\x1a"
NUMBERS = count()
BUSY = ("Grading", "Running cell")
QUESTION = "Bring the broken notebook back?"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Terminal, Desk]]:
    """One watch for the tests that leave it running, after its first verdict, on an exercise that holds back lines."""
    desk = lay_out(tmp_path_factory.mktemp("room"))
    table = desk.notebook.with_name("exercise.toml")
    table.write_text(table.read_text("utf-8").replace('reveal = "at_once"', 'reveal = "hint"'), "utf-8")
    terminal = Terminal(desk.course)
    terminal.until("01 A line", "Repair exercises/01_line/notebook.ipynb", "n next  l list  q quit")
    terminal.until("1 / 10 points   failed", "Graded at")
    yield terminal, desk
    terminal.close()


@pytest.fixture
def terminal(desk: Desk) -> Iterator[Terminal]:
    """A watch that borrows nothing, for tests that look at what it leaves."""
    started = Terminal(desk.course, GRADER_SERVER="off")
    yield started
    started.close()


def save(terminal: Terminal, desk: Desk, **changes: Any) -> None:
    """Save other code than ever before, and wait for its verdict."""
    since = len(terminal.written)
    desk.save(desk.text(**{"cell_3": str(next(NUMBERS)), **changes}))
    terminal.until_written(since, *BUSY)
    terminal.until("Graded at")


def test_a_first_verdict_has_the_points_the_symptom_and_the_keys(room: tuple[Terminal, Desk]) -> None:
    terminal, _desk = room
    rows = terminal.rows
    assert rows[0].split("  ")[0] == "01 A line" and rows[0].endswith("1 / 10 points   failed")
    assert rows[1].startswith("0 of 2 exercises passed") and rows[1].endswith("best 1 / 10, 1 attempt")
    assert rows[3].startswith(" ✗ slope and intercept receive a gradient")
    assert "intercept received None" in terminal.text
    assert " Of the other checks 1 was skipped and 1 passes." in rows
    assert rows[22].startswith("Graded at ")
    assert rows[23] == "h hint  m more  w whole  n next  l list  r report  q quit  ? keys"


def test_neither_the_first_verdict_nor_the_whole_one_has_the_line(room: tuple[Terminal, Desk]) -> None:
    terminal, _desk = room
    terminal.press("w")
    terminal.until("1 of 3 checks failed", "Full report", "Esc back")
    assert "GRAD002" not in terminal.written and "numpy()" not in terminal.written
    terminal.press(ESCAPE)
    terminal.until("Of the other checks")


def test_a_pass_tells_what_was_learnt_and_what_comes_next(room: tuple[Terminal, Desk]) -> None:
    terminal, desk = room
    save(terminal, desk)
    desk.replace(desk.text(solved=True))
    terminal.until("10 / 10 points (+9)   passed", "Graded at")
    rows = terminal.rows
    assert rows[0].startswith("01 A line")
    assert rows[1].startswith("1 of 2 exercises passed  ━━━")
    assert rows[3].startswith("Passed. Press n to go on to 02 A line")
    assert " • say which operations a tape records" in rows
    assert any(row.startswith("What was wrong: the intercept is added through NumPy") for row in rows)
    assert rows[23] == "w whole  n next  l list  r report  x reset  q quit  ? keys"


def test_a_worse_save_says_by_how_much_and_a_crash_says_where(room: tuple[Terminal, Desk]) -> None:
    terminal, desk = room
    save(terminal, desk, solved=True)
    save(terminal, desk)
    assert terminal.rows[0].endswith("1 / 10 points (-9)   failed")
    save(terminal, desk)
    assert terminal.rows[0].endswith("1 / 10 points (no change)   failed")
    save(terminal, desk, cell_3="1 / 0")
    assert terminal.rows[0].endswith("0 / 10 points (-1)   crashed")
    assert "Stopped in cell 3, line 1" in terminal.text and "ZeroDivisionError" in terminal.text
    assert "Of the other checks" not in terminal.text


def test_outputs_alone_are_no_reason_to_grade(room: tuple[Terminal, Desk]) -> None:
    terminal, desk = room
    save(terminal, desk)
    printed = '"outputs": [{"output_type": "stream", "name": "stdout", "text": "1"}]'
    desk.save(desk.notebook.read_text("utf-8").replace('"outputs": []', printed))
    assert terminal.never(*BUSY)


def test_a_half_written_file_is_waited_for_and_a_broken_one_is_named(room: tuple[Terminal, Desk]) -> None:
    terminal, desk = room
    save(terminal, desk)
    text = desk.text(solved=True)
    desk.save(text[:500])
    assert terminal.never("JSON", *BUSY)
    desk.save(text)
    terminal.until("10 / 10 points (+9)   passed", "Graded at")
    desk.save(text[:500])
    terminal.until("not graded", "not valid JSON", "Every save is graded.")
    assert terminal.rows[0].startswith("01 A line") and terminal.rows[23] == "n next  l list  x reset  q quit  ? keys"


@pytest.mark.timing
def test_a_save_during_a_grading_is_graded_instead(room: tuple[Terminal, Desk]) -> None:
    terminal, desk = room
    save(terminal, desk, solved=True)
    desk.save(desk.text(cell_3=ENDLESS))
    terminal.until("Running cell 3 of 3")
    begun = time.monotonic()
    desk.save(desk.text())
    terminal.until("1 / 10 points (-9)   failed", "Graded at")
    assert time.monotonic() - begun < 10


def test_keys_show_more_without_enter_and_are_not_echoed(room: tuple[Terminal, Desk]) -> None:
    terminal, desk = room
    save(terminal, desk)
    for key, told in (
        ("h", ("Hint 1 of ", "h next hint", "Esc back")),
        ("h", ("Hint 2 of ",)),
        ("m", (" ✗ 0 / 4  slope and intercept receive a gradient", " – 0 / 5", " ✓ 1 / 1", "Esc back")),
        ("?", ("quit (Ctrl-C too)", "Esc back")),
        (ESCAPE, ("Of the other checks", "? keys")),
        ("r", ("Report: reports/01_line.html",)),
    ):
        terminal.press(key)
        terminal.until("01 A line", *told)
    shown = terminal.rows[:22]
    for key in ("\x1b[A", "z"):
        terminal.press(key)
    terminal.until("Graded at")
    assert terminal.rows[:22] == shown


def test_another_window_size_is_drawn_anew(room: tuple[Terminal, Desk]) -> None:
    terminal, desk = room
    save(terminal, desk)
    for rows, columns, keys in ((10, 60, "↑ ↓ scroll  h hint"), (40, 120, "h hint"), (24, 80, "h hint")):
        terminal.resize(rows, columns)
        terminal.until("01 A line", "1 / 10 points", "h hint")
        assert terminal.rows[0].startswith("01 A line") and terminal.rows[-1].startswith(keys)


def test_a_question_is_cancelled_by_escape_and_by_a_save(room: tuple[Terminal, Desk]) -> None:
    terminal, desk = room
    save(terminal, desk)
    terminal.press("x")
    terminal.until(QUESTION, "y yes  Esc cancel")
    terminal.press(ESCAPE)
    terminal.until("Graded at", "x reset")
    terminal.press("x")
    terminal.until(QUESTION)
    save(terminal, desk, solved=True)
    assert QUESTION not in terminal.text
    terminal.press("y")
    assert terminal.never("reset.")
    assert not list(desk.notebook.parent.glob("notebook.mine-*"))


def test_yes_resets_and_keeps_the_learners_version(room: tuple[Terminal, Desk]) -> None:
    terminal, desk = room
    save(terminal, desk, solved=True)
    terminal.press("x")
    terminal.until(QUESTION)
    terminal.press("y")
    terminal.until("The notebook has been reset. Your version is in")
    terminal.until("1 / 10 points (-9)   failed", "Graded at")
    assert "intercept.numpy()" in desk.notebook.read_text()
    assert len(list(desk.notebook.parent.glob("notebook.mine-*"))) == 1


def test_the_list_and_n_go_on_to_another_exercise(room: tuple[Terminal, Desk]) -> None:
    terminal, desk = room
    save(terminal, desk, solved=True)
    terminal.press("l")
    terminal.until("> ✓ 01  A line  passed", "Enter go on to it")
    terminal.press(DOWN)
    terminal.until(">   02  A line  not begun")
    terminal.press("\r")
    terminal.until("02 A line", "1 / 10 points   failed", "Graded at")
    assert terminal.rows[0].startswith("02 A line") and "n next" not in terminal.rows[23]  # the other one is passed
    desk.save(desk.text())
    assert terminal.never(*BUSY)
    assert psutil.Process(terminal.process.pid).num_threads() < 40


def test_quitting_restores_the_terminal_and_leaves_one_line(room: tuple[Terminal, Desk]) -> None:
    terminal, _desk = room
    during = termios.tcgetattr(terminal.process.child_fd)
    assert during[3] & (termios.ICANON | termios.ECHO) == 0
    assert terminal.leave(lambda: terminal.press("q")) == 0
    assert terminal.left_behind.strip() == "02 A line: 1 of 10 points, failed."


def test_a_low_window_without_colours_and_unicode_keeps_title_and_keys(desk: Desk) -> None:
    terminal = Terminal(desk.course, 9, 50, NO_COLOR="1", PYTHONIOENCODING="ascii")
    try:
        terminal.until("1 / 10 points   failed", "Graded at")
        assert terminal.rows[0].startswith("01 A line")
        assert terminal.rows[6].strip().startswith("... ") and terminal.rows[6].endswith(" more lines")
        assert terminal.rows[8].startswith("^ v scroll  h hint")
        assert terminal.text.isascii()
        cells = [cell for row in terminal.screen.buffer.values() for cell in row.values()]
        assert {cell.fg for cell in cells} == {"default"}
        terminal.press(DOWN)
        terminal.until("intercept received None")
        assert terminal.rows[0].startswith("01 A line")
    finally:
        terminal.close()


def test_ctrl_z_brings_the_terminal_back_until_it_goes_on(desk: Desk) -> None:
    if not shutil.which("bash"):
        missing("no shell that can stop a job")
    shell = Terminal(desk.course, command=("bash", "--norc", "-i"), PS1="next? ")
    try:
        shell.press(f"{shlex.join(WATCH)}\n")
        shell.until("01 A line")
        shell.press(CTRL_Z)
        shell.until_written(0, "Stopped")
        before, _, stopped = shell.written.rpartition(BACK)
        assert before.count(OTHER_SCREEN) == 1 and "Stopped" in stopped
        since = len(shell.written)
        shell.press("fg\n")
        shell.until_written(since, OTHER_SCREEN)
        shell.press("q")
        shell.until_written(since, "next? ")
        assert "01 A line: not graded yet." in shell.written.rpartition(BACK)[2]
    finally:
        shell.close()


@pytest.mark.parametrize(
    ("name", "code"),
    [("SIGTERM", 143), *(pytest.param(*other, marks=pytest.mark.soak) for other in (("SIGINT", 130), ("SIGHUP", 129)))],
)
def test_a_signal_restores_the_terminal_and_leaves_nothing_behind(
    terminal: Terminal, desk: Desk, name: str, code: int
) -> None:
    desk.save(desk.text(cell_3=ENDLESS))
    terminal.until("Running cell 3 of 3")
    assert termios.tcgetattr(terminal.process.child_fd) != terminal.modes
    assert terminal.leave(lambda: terminal.kill(signal.Signals[name])) == code


def test_so_does_a_crash_of_ours(terminal: Terminal, desk: Desk) -> None:
    (desk.course / ".grader").write_text("where a folder should be")
    terminal.until("01 A line")
    assert terminal.leave(lambda: None) == 3
    assert "The grader itself failed" in terminal.left_behind


@pytest.mark.timing
@pytest.mark.parametrize("moment", [2.0, *(pytest.param(other, marks=pytest.mark.soak) for other in (0.3, 5.0))])
def test_ctrl_c_at_any_moment_leaves_no_process_behind(terminal: Terminal, desk: Desk, moment: float) -> None:
    desk.save(desk.text(cell_2=ENDLESS))
    time.sleep(moment)
    begun = time.monotonic()
    assert terminal.leave(terminal.process.sendintr) == 130
    assert time.monotonic() - begun < 6
