"""`hint` as a learner types it: what is Markdown and what is not."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from grader.commands import hint
from grader.course.catalogue import load
from grader.course.progress import Progress
from grader.course.reveal import pack
from grader.model import Check, Finding, Status, Verdict


def show_hint(course: Path, *options: str) -> str:
    return CliRunner().invoke(hint.command, ["01", *options, "--exercises", str(course / "exercises")]).output


def test_a_hint_is_drawn_and_what_follows_stands_apart(course: Path) -> None:
    first, second = show_hint(course), show_hint(course)
    assert "nothing else.\n\nGrade first with `python -m grader 01`" in first
    assert "Print the gradients after the first step: which variable gets `None`?" in second


def test_an_exceptions_words_are_shown_as_they_are(course: Path) -> None:
    exercise = load(course / "exercises" / "01_line")
    message = "Cell 2 raised TypeError: A.__init__() got *args of <class 'int'>."
    Progress(exercise.course).note(
        exercise, Verdict(exercise.id, exercise.title, "", Status.CRASHED, message, "", 0, 10)
    )
    assert message in " ".join(show_hint(course).split())


def test_the_line_is_underlined_or_for_screen_readers_told(course: Path) -> None:
    exercise = load(course / "exercises" / "01_line")
    line = "        prediction = slope * x + intercept.numpy()"
    finding = Finding("GRAD002", "detached_numpy", "error", 2, 3, 33, 50, line, "numpy", ("intercept",), "It left.", "")
    check = Check(
        "test_connected", "slope and intercept receive a gradient", "failed", 0, 4, "One is None.", None, (0,)
    )
    verdict = Verdict(exercise.id, exercise.title, "", Status.FAILED, "", "", 0, 10, (check,), (finding,))
    Progress(exercise.course).note(exercise, verdict, pack(verdict))
    for _ in exercise.bugs[0].hints:
        assert "intercept.numpy" not in show_hint(course)
    assert "^^^^^^^^^^^^^^^^^ numpy" in show_hint(course)
    plain = show_hint(course, "--plain")
    assert "Cell 2, line 3, columns 34 to 50: intercept.numpy()\n" in plain and "^" not in plain
