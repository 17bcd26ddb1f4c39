"""`hint` as a learner types it: what is Markdown and what is not."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from grader.commands import hint
from grader.course.catalogue import load
from grader.course.progress import Progress
from grader.model import Status, Verdict


def show_hint(course: Path) -> str:
    return CliRunner().invoke(hint.command, ["01", "--exercises", str(course / "exercises")]).output


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
