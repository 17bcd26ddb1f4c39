"""course.toml: what it sets, and how a mistake in it is named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.commands.list_ import command as list_command
from grader.course.catalogue import exercises
from grader.course.settings import CourseSettings, Late, read_settings
from grader.model.errors import GraderError

FULL = """
title = "DL"
reveal = "never"
counts = "best"
grace_minutes = 15
[late]
per_day = 10
most = 25
[[exercises]]
id = "01"
deadline = 2026-03-01T23:00:00+01:00
weight = 2
archives = ["hw 1.zip"]
[[extensions]]
student = "ada"
exercise = "1_line"
deadline = 2026-03-08T22:00:00Z
"""
DUE = datetime(2026, 3, 1, 22, tzinfo=UTC)


@pytest.fixture
def settings(course: Path) -> CourseSettings:
    (course / "course.toml").write_text(FULL.replace("1_line", "01_line"))
    return read_settings(course / "exercises")


def test_a_course_without_the_file_has_the_usual_settings(course: Path) -> None:
    assert read_settings(course / "exercises") == CourseSettings()


def test_deadlines_grace_and_extensions(settings: CourseSettings) -> None:
    assert settings.lateness("bob", "01_line", DUE + timedelta(minutes=14)) == timedelta()
    assert settings.lateness("bob", "01_line", DUE + timedelta(minutes=16)) == timedelta(minutes=16)
    assert settings.lateness("ada", "01_line", DUE + timedelta(days=6)) == timedelta()
    assert settings.lateness("ada", "01_line", DUE + timedelta(days=8)) == timedelta(days=1)
    assert settings.lateness("bob", "01_line", None) == settings.lateness("bob", "02", DUE) == timedelta()


@pytest.mark.parametrize(("hours", "percent"), [(1, 10), (24, 10), (25, 20), (49, 25), (1_000, 25)])
def test_what_each_day_begun_costs(settings: CourseSettings, hours: int, percent: float) -> None:
    assert settings.late.percent(timedelta(hours=hours)) == percent


@pytest.mark.parametrize(("days", "percent"), [(0.5, 10), (1, 10), (2.9, 30), (4, 100)])
def test_a_table_of_what_being_late_costs(days: float, percent: float) -> None:
    assert Late(table=((3, 30), (1, 10))).percent(timedelta(days=days)) == percent


def test_the_courses_reveal_and_weights_hold(course: Path, settings: CourseSettings) -> None:
    assert [exercise.reveal for exercise in exercises(course / "exercises")] == ["never"]
    assert settings.weight("01_line") == 2


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("titel = 'x'", "unknown key titel (did you mean `title`?)"),
        ("[late]\nper_dya = 1", "unknown key late.per_dya (did you mean `per_day`?)"),
        ("[[exercises]]\nid = '07'", "names the exercise 07, which the course does not have"),
        ("[[exercises]]\nid = '01'\ndeadline = 2026-03-01T23:00:00", "exercises.0.deadline needs its offset from UTC"),
        ("counts = 'worst'", "counts: Input should be 'newest', 'best' or 'before_deadline'"),
        ("title = ", "can't be read"),
    ],
)
def test_a_mistake_is_named_with_the_file_and_the_key(course: Path, text: str, complaint: str) -> None:
    (course / "course.toml").write_text(text)
    with pytest.raises(GraderError) as refusal:
        read_settings(course / "exercises")
    assert complaint in refusal.value.message and "course.toml" in refusal.value.message


def test_a_course_is_found_from_elsewhere(course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    for given in (course, course / "exercises"):
        by_option = CliRunner().invoke(list_command, ["--exercises", str(given)]).output
        by_variable = CliRunner().invoke(list_command, env={"GRADER_EXERCISES": str(given)}).output
        assert "A line" in by_option and by_variable == by_option
