"""What `list` shows of a course: topics, minutes, what is open, and links where a terminal can follow them."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from grader import report
from grader.course.catalogue import exercises
from grader.course.progress import Attempt, Standing
from grader.model import Exercise, Notes
from grader.report import drawing
from grader.report.overview import Course, show

from ..command_line import grader
from . import factories

LINK = "\x1b]8;"


def made(line: Exercise, *standings: Standing) -> Course:
    listed = [
        replace(line, id=f"{number:02}_line", title=f"Line {number}", minutes=10 * number)
        for number in range(1, len(standings) + 1)
    ]
    return Course(line.course, listed, {each.id: made for each, made in zip(listed, standings, strict=True)})


def shown(course: Course, plain: bool = False, width: int = 80) -> str:
    stream = io.StringIO()
    show(course, Console(file=stream, width=width), plain)
    return stream.getvalue()


def begun(line: Exercise, failing: Sequence[str], message: str = "", best: float = 1.0) -> Standing:
    titles = {check.id: "why" for check in line.checks if check.id in failing}
    return Standing(attempts=2, best=best, last=Attempt(status="failed", message=message, failing=titles))


def test_each_exercise_has_its_topic_its_minutes_and_what_is_open(line: Exercise) -> None:
    passed = Standing(attempts=1, passed=True, best=10, last=Attempt(status="passed"))
    crashed = begun(line, [], "Cell 2 raised ZeroDivisionError in line 1.")
    text = shown(made(line, passed, begun(line, ["test_connected", "test_values"]), crashed, Standing()))
    assert text == (
        " ✓ 01  Line 1  gradient tapes  10 min  passed\n"
        " · 02  Line 2  gradient tapes  20 min  1 / 10\n"
        "       2 attempts; open: slope and intercept receive a gradient, and 1 more\n"
        " · 03  Line 3  gradient tapes  30 min  1 / 10\n"
        "       2 attempts; open: Cell 2 raised ZeroDivisionError in line 1\n"
        "   04  Line 4  gradient tapes  40 min  not begun\n"
        "\n"
        "3 of 4 exercises are open, about 90 minutes.\n"
        f"Next: repair {line.notebook.relative_to(Path.cwd())}, save it,\nthen `python -m grader 02`.\n"
    )


def test_for_screen_readers_it_is_sentences(line: Exercise) -> None:
    lines = shown(made(line, begun(line, ["test_connected"]), Standing()), plain=True).splitlines()
    assert lines[0] == (
        "01 Line 1: best 1 of 10 points; gradient tapes, about 10 minutes. 2 attempts; open: slope and intercept "
        "receive a gradient."
    )
    assert lines[-1] == "2 of 2 exercises are open, about 30 minutes. Next: `python -m grader 01`."


def test_nothing_is_left_when_all_are_passed_and_no_exercise_is_said(line: Exercise) -> None:
    passed = Standing(attempts=1, passed=True, last=Attempt())
    assert "All exercises passed." in shown(made(line, passed))
    assert shown(Course(line.course, [], {})) == f"There are no exercises in {line.course}.\n"


@pytest.mark.parametrize("name", ["exercises", "tests/small_course/exercises"])
def test_our_own_courses_fit_into_80_columns(name: str) -> None:
    folder = Path(__file__).parents[2] / name
    listed = exercises(folder)
    standings = {each.id: begun(each, [check.id for check in each.checks]) for each in listed}
    rows = shown(Course(folder, listed, standings)).splitlines()
    assert max(map(cell_len, rows)) <= 80


# --- links --------------------------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_link_needs_a_terminal_that_stands_on_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    file = tmp_path / "a b.ipynb"
    console = Console(file=Terminal(), force_terminal=True)
    assert drawing.address(file, console) == file.as_uri() and "a%20b" in file.as_uri()
    assert drawing.address(None, console) == ""
    assert drawing.address(file, Console(file=io.StringIO(), force_terminal=True)) == ""
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.1 22 10.0.0.2 22")
    assert drawing.address(file, console) == ""
    monkeypatch.delenv("SSH_CONNECTION")
    monkeypatch.setenv("TERM", "linux")
    assert drawing.address(file, console) == ""


def test_a_verdict_links_its_code_to_the_notebook_and_its_end_to_the_report(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    notes = Notes(notebook=tmp_path / "notebook.ipynb", report=tmp_path / "report.html")
    stream = Terminal()
    report.show(factories.failed(), notes, Console(file=stream, force_terminal=True, width=80))
    for file, text in ((notes.notebook, "cell 4"), (notes.report, str(notes.report))):
        assert file and re.search(rf"{re.escape(file.as_uri())}\x1b\\[^\n]*?{re.escape(text)}", stream.getvalue())
    plain = Terminal()
    report.show(factories.failed(), notes, Console(file=plain, force_terminal=True, width=80), plain=True)
    assert LINK not in plain.getvalue()


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(
    ("arguments", "environment", "linked"),
    [
        (["list"], {}, True),
        (["list"], {"NO_COLOR": "1"}, True),
        (["list"], {"TERM": "dumb"}, False),
        (["list", "--plain"], {}, False),
        (["list"], {"GRADER_PLAIN": "1"}, False),
    ],
)
def test_titles_are_links_in_a_terminal(
    course: Path, arguments: list[str], environment: dict[str, str], linked: bool
) -> None:
    import pty

    ours, theirs = pty.openpty()
    variables = {**os.environ, "COLUMNS": "80", "TERM": "xterm-256color", **environment}
    variables.pop("SSH_CONNECTION", None)
    command = [sys.executable, "-m", "grader", *arguments]
    with subprocess.Popen(command, cwd=course, env=variables, stdout=theirs, stderr=theirs, stdin=theirs) as running:
        os.close(theirs)
        text = b""
        try:
            while part := os.read(ours, 4096):
                text += part
        except OSError:  # Linux has this in place of the end
            pass
        assert running.wait(30) == 0
    os.close(ours)
    assert (LINK.encode() in text) == linked
    assert b"A line" in text


def test_in_a_pipe_nothing_is_a_link_though_colours_are_forced(course: Path) -> None:
    assert LINK not in grader("list", cwd=course, FORCE_COLOR="1").stdout
