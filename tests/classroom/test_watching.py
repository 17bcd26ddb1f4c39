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
