"""What is remembered of a learner, and the hints that follow from it."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from grader.course.hints import list_seen, next_rung, notes
from grader.course.notebook import read
from grader.course.progress import Progress, Standing
from grader.model import Bug, Check, Exercise, Status, Verdict


@pytest.fixture
def exercise(line: Exercise, course: Path) -> Exercise:
    """The fixture exercise with a second bug, in a course that may be written into."""
    second = Bug("other", "another", "GRAD001", 2, 2, ("test_values",), ("one", "two", "three"), "It was another.")
    return replace(line, folder=course / "exercises" / line.id, bugs=(*line.bugs, second))


def verdict(
    exercise: Exercise,
    score: float = 1.0,
    status: Status = Status.FAILED,
    failing: tuple[str, ...] = ("test_connected",),
) -> Verdict:
    checks = tuple(
        Check(c.id, c.title, "failed" if c.id in failing else "passed", 0, c.points) for c in exercise.checks
    )
    return Verdict(exercise.id, exercise.title, "0" * 64, status, "", "", score, 10, checks)


NOTES_TEN = """
import sys
from pathlib import Path
from grader.course.catalogue import load
from grader.course.progress import Progress
from grader.model import Status, Verdict

course = Path(sys.argv[1])
exercise = load(course / sys.argv[2])
for _ in range(10):
    progress = Progress(course)
    progress.note(exercise, Verdict(exercise.id, "", "", Status.FAILED, "", "", 1.0, 10.0))
    progress.see_hint(exercise, "other")
"""


def test_attempts_and_the_best_score_survive_a_restart(exercise: Exercise, course: Path) -> None:
    Progress(course / "exercises").note(exercise, verdict(exercise, 6))
    Progress(course / "exercises").note(exercise, verdict(exercise, 3))
    standing = Progress(course / "exercises").standing(exercise)
    assert (standing.attempts, standing.best, standing.passed) == (2, 6, False)


def test_attempts_that_end_at_the_same_time_all_count(exercise: Exercise, course: Path) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", NOTES_TEN, course / "exercises", exercise.id]) for _ in range(4)
    ]
    assert [process.wait(60) for process in processes] == [0] * 4
    standing = Progress(course / "exercises").standing(exercise)
    assert (standing.attempts, standing.seen("other")) == (40, 40)


@pytest.mark.parametrize("status", [Status.UNGRADABLE, Status.ERROR])
def test_what_is_not_the_learners_fault_costs_no_attempt(exercise: Exercise, course: Path, status: Status) -> None:
    progress = Progress(course / "exercises")
    progress.note(exercise, verdict(exercise, 0, status))
    assert progress.standing(exercise).attempts == 0


def test_once_passed_stays_passed(exercise: Exercise, course: Path) -> None:
    progress = Progress(course / "exercises")
    progress.note(exercise, verdict(exercise, 10, Status.PASSED, ()))
    progress.note(exercise, verdict(exercise))
    assert progress.standing(exercise).passed


def test_a_broken_progress_file_is_begun_anew(exercise: Exercise, course: Path) -> None:
    progress = Progress(course / "exercises")
    progress.note(exercise, verdict(exercise))
    (course / ".grader" / "progress.json").write_text("{half")
    assert Progress(course / "exercises").standing(exercise) == Standing()


@pytest.mark.skipif(os.name != "posix", reason="file modes")
def test_in_a_read_only_course_it_goes_to_the_users_folder(
    exercise: Exercise, course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere, so modes alone prove nothing
    progress = Progress(course / "exercises")
    progress.note(exercise, verdict(exercise))
    assert progress.report_path(exercise).is_relative_to(tmp_path / "data")
    assert not (course / ".grader").exists()


def test_hints_follow_the_check_that_fails_first(exercise: Exercise, course: Path) -> None:
    progress = Progress(course / "exercises")
    notebook = read(exercise.original)
    first = next_rung(exercise, progress.standing(exercise), notebook)
    assert first is not None and first.bug is not None and first.bug.id == "intercept_outside"
    second = next_rung(exercise, progress.note(exercise, verdict(exercise, failing=("test_values",))), notebook)
    assert second is not None and second.bug is not None and second.bug.id == "other"
    passed = progress.note(exercise, verdict(exercise, 10, Status.PASSED, ()))
    assert next_rung(exercise, passed, notebook) is None


def test_rungs_come_one_at_a_time_and_the_last_one_stays(exercise: Exercise, course: Path) -> None:
    progress = Progress(course / "exercises")
    progress.note(exercise, verdict(exercise, failing=("test_values",)))
    texts = []
    for _ in range(4):
        step = next_rung(exercise, progress.standing(exercise), read(exercise.original))
        assert step is not None
        texts.append((step.number, step.text))
        if step.bug:
            progress.see_hint(exercise, step.bug.id)
    assert texts == [(1, "one"), (2, "two"), (3, "three"), (3, "three")]
    assert list_seen(exercise, progress.standing(exercise)) == ("one", "two", "three")


def test_the_debrief_and_the_solution_come_only_after_passing(exercise: Exercise) -> None:
    notebook = read(exercise.original)
    before = notes(exercise, Standing(attempts=1), verdict(exercise), notebook)
    after = notes(exercise, Standing(attempts=2), verdict(exercise, 10, Status.PASSED, ()), notebook)
    assert (before.debrief, before.solution, before.repaired) == ((), (), ())
    assert [bug.id for bug in after.debrief] == ["intercept_outside", "other"]
    assert "slope * x + intercept\n" in after.solution[0]
    assert "intercept.numpy()" in after.repaired[0]
