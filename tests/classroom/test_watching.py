"""What people see while a batch runs: on a terminal and in a log."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from grader.classroom.watching import BatchDisplay


def watched(terminal: bool) -> str:
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=140, color_system=None)
    with BatchDisplay(3, console) as progress:
        progress.look([("[/red] o'hara, 02", 12.4), ("ada, 02", 3.0)])
        for status in ("passed", "passed", "error"):
            progress.finished(status)
            progress._bar.refresh()
    return out.getvalue()


def test_a_terminal_shows_how_far_it_is_how_it_looks_and_what_takes_longest() -> None:
    seen = watched(terminal=True)
    assert "now: [/red] o'hara, 02, 12 s" in seen
    assert "2/3" in seen and "2 passed 1 error" in seen


def test_a_log_gets_a_line_now_and_then() -> None:
    assert watched(terminal=False) == "3 of 3: 2 passed, 1 error\n"


@pytest.mark.parametrize("terminal", [True, False])
def test_nothing_to_grade_shows_nothing(terminal: bool) -> None:
    out = io.StringIO()
    with BatchDisplay(0, Console(file=out, force_terminal=terminal)):
        pass
    assert "0/0" not in out.getvalue()


def test_the_time_left_is_not_told_by_the_first_which_start_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("grader.classroom.watching.time.monotonic", lambda: clock[0])
    out = io.StringIO()
    display = BatchDisplay(100, Console(file=out, width=140))
    for seconds in (30, 31, 32, 33, 45, 46):
        clock[0] = seconds
        display.finished("passed")
    lines = out.getvalue().splitlines()
    assert lines[0] == "1 of 100: 1 passed"
    assert lines[-1].endswith("about 6 min left")  # 15 s for 4, and not 45 s for 5
