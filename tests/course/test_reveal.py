"""What of the doctor's findings a learner's verdict contains: nothing that is held back can be read out of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from grader.course.hints import next_rung
from grader.course.notebook import read
from grader.course.progress import Progress, Standing
from grader.course.reveal import MOST_STUCK, hold_back, pack, unpack
from grader.model import REVEALS, Check, Exercise, Finding, Notes, Reveal, Status, Verdict
from grader.report import FORMATS, render

LINE = "hidden = layer(x).numpy()"
FINDING = Finding(
    code="GRAD002",
    cause="detached_numpy",
    severity="error",
    cell=2,
    line=3,
    column=9,
    end_column=17,
    source=LINE,
    operation="numpy",
    variables=("kernel",),
    message="kernel gets no gradient: .numpy() takes the value out of TensorFlow.",
    next_step="Look at what stands between the layer and the loss.",
    path=("loss", "mean", "╳", "kernel"),
)


@pytest.fixture
def exercise(line: Exercise, course: Path) -> Exercise:
    return replace(line, folder=course / "exercises" / line.id, reveal="after_attempts")


def failed(exercise: Exercise, sha256: str = "a", status: Status = Status.FAILED) -> Verdict:
    first, *others = exercise.checks
    checks = (
        Check(first.id, first.title, "failed", 0, first.points, "kernel gets no gradient.", findings=(0,)),
        *(Check(check.id, check.title, "passed", check.points, check.points) for check in others),
    )
    return Verdict(exercise.id, exercise.title, sha256, status, "1 check failed.", "", 3, 10, checks, (FINDING,))


@pytest.mark.parametrize("form", FORMATS)
def test_a_first_verdict_has_the_path_and_nothing_of_the_line(exercise: Exercise, form: str) -> None:
    shown = hold_back(exercise, Standing(stuck=1), failed(exercise))
    text = render(shown, Notes(), form)
    for secret in (LINE, FINDING.message, FINDING.next_step, "GRAD002", ".numpy()"):
        assert secret not in text, secret
    if form in ("text", "html"):
        assert "mean" in text


@pytest.mark.parametrize(
    ("reveal", "stuck", "asked", "shown"),
    [
        ("at_once", 1, False, True),
        ("after_attempts", 1, False, False),
        ("after_attempts", MOST_STUCK - 1, False, False),
        ("after_attempts", MOST_STUCK, False, True),
        ("after_attempts", 1, True, True),
        ("hint", 9, False, False),
        ("hint", 1, True, True),
        ("never", 9, True, False),
    ],
)
def test_the_line_comes_when_the_exercise_says(
    exercise: Exercise, reveal: Reveal, stuck: int, asked: bool, shown: bool
) -> None:
    standing = Standing(stuck=stuck, lines=(exercise.checks[0].id,) if asked else ())
    verdict = hold_back(replace(exercise, reveal=reveal), standing, failed(exercise))
    assert verdict.findings == ((FINDING,) if shown else ())
    assert verdict.checks[0].findings == ((0,) if shown else ())


@pytest.mark.parametrize("reveal", REVEALS)
def test_where_it_crashed_nothing_is_held_back(exercise: Exercise, reveal: Reveal) -> None:
    crashed = failed(exercise, status=Status.CRASHED)
    assert hold_back(exercise, Standing(stuck=1), crashed, reveal) == crashed


def test_only_an_attempt_with_other_code_and_no_better_score_counts(exercise: Exercise, course: Path) -> None:
    progress = Progress(course / "exercises")
    scores = [("a", 3.0), ("a", 3.0), ("b", 3.0), ("c", 6.0), ("d", 3.0), ("e", 6.0)]
    stuck = [progress.note(exercise, replace(failed(exercise, sha), score=score)).stuck for sha, score in scores]
    assert stuck == [1, 1, 2, 1, 2, 3]


def test_the_line_is_the_last_rung_and_is_remembered(exercise: Exercise, course: Path) -> None:
    progress = Progress(course / "exercises")
    verdict = failed(exercise)
    progress.note(exercise, verdict, pack(verdict))
    rung = next_rung(exercise, progress.standing(exercise), read(exercise.original))
    while rung is not None and rung.bug is not None:
        assert LINE not in rung.text
        progress.see_hint(exercise, rung.bug.id)
        rung = next_rung(exercise, progress.standing(exercise), read(exercise.original))
    assert rung is not None and rung.findings == (FINDING,) and rung.number == rung.total
    progress.see_line(exercise, exercise.checks[0].id)
    assert hold_back(exercise, Progress(course / "exercises").standing(exercise), verdict).findings == (FINDING,)


@pytest.mark.parametrize("status", [Status.CRASHED, Status.TIMED_OUT, Status.KILLED])
def test_a_notebook_that_stopped_has_its_own_sentence_as_a_hint(
    exercise: Exercise, course: Path, status: Status
) -> None:
    stopped = replace(failed(exercise, status=status), message="It stopped in cell 3.", checks=())
    standing = Progress(course / "exercises").note(exercise, stopped)
    rung = next_rung(exercise, standing, None)
    assert rung is not None and rung.text.startswith("It stopped in cell 3.")


def test_each_check_that_fails_has_a_hint_that_never_says_passed(exercise: Exercise, course: Path) -> None:
    for check in exercise.checks:
        alone = replace(
            failed(exercise), checks=(Check(check.id, check.title, "failed", 0, 1, f"{check.title}: not so."),)
        )
        standing = Progress(course / "exercises").note(exercise, alone)
        rung = next_rung(exercise, standing, read(exercise.solution or exercise.original))
        assert rung is not None and rung.check is not None and rung.check.id == check.id
        assert rung.text and "passed" not in rung.text


def test_what_was_packed_comes_back_and_rubbish_is_nothing() -> None:
    assert unpack("") == unpack("rubbish") == {}
    verdict = Verdict(
        "e", "E", "", Status.FAILED, "", "", 0, 1, (Check("a", "A", "failed", 0, 1, findings=(0,)),), (FINDING,)
    )
    assert "numpy" not in pack(verdict)
    assert unpack(pack(verdict)) == {"a": (FINDING,)}
