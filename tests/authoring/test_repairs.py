"""Every shipped exercise is sound: the solution and each right repair get full points, each wrong one fails exactly the
checks that it says it must fail, and whatever fails has a ladder of hints that are true of it. All of it through the
real pipeline, warm and sandboxed where that works."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.authoring.repairs import Repair, repairs
from grader.authoring.verify import on_paper
from grader.course.catalogue import exercises
from grader.course.notebook import read
from grader.grading.grader import Grader
from grader.model import Exercise, Status

from ..conftest import solution
from ..ladder import climb, is_true

pytestmark = pytest.mark.kernel

EXERCISES = exercises(Path(__file__).parents[2] / "exercises")
REPAIRS = [(exercise, repair) for exercise in EXERCISES for repair in repairs(exercise)]


def judged(number: int, repair: Repair) -> bool:
    """Whether the suite judges it: the right ones, each bug alone, a sixth of the other wrong ones. The soak and
    `verify` judge them all."""
    return repair.name.startswith("accept/") or repair.name.startswith("reject/only_") or number % 6 == 0


@pytest.mark.parametrize(
    ("exercise", "repair"),
    [pytest.param(e, r, marks=() if judged(n, r) else pytest.mark.soak) for n, (e, r) in enumerate(REPAIRS)],
    ids=[f"{e.id}/{r.name}" for e, r in REPAIRS],
)
def test_a_repair_gets_the_verdict_and_the_hints_that_it_deserves(
    grader: Grader, exercise: Exercise, repair: Repair, tmp_path: Path
) -> None:
    verdict = grader.judge(exercise, repair.notebook)
    assert repair.complaint(verdict) is None
    rungs = list(climb(exercise, repair.notebook, verdict, tmp_path))
    assert bool(rungs) == (verdict.status != Status.PASSED)
    failing = {check.id for check in verdict.checks if check.status == "failed"}
    assert [rung.text for rung in rungs if not is_true(rung, exercise, repair.notebook, failing)] == []


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_every_check_is_made_to_fail(exercise: Exercise) -> None:
    made_to_fail = {check for e, repair in REPAIRS if e.id == exercise.id for check in repair.fails}
    assert made_to_fail == {check.id for check in exercise.checks}


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_the_shipped_notebook_fails_and_the_solution_passes(grader: Grader, exercise: Exercise) -> None:
    broken = grader.judge(exercise, read(exercise.original))
    assert broken.status == Status.FAILED
    assert 0 < broken.score < exercise.max_score
    solved = grader.judge(exercise, solution(exercise))
    assert (solved.status, solved.score) == (Status.PASSED, exercise.max_score)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_on_paper_the_exercise_is_sound(exercise: Exercise) -> None:
    assert [finding for finding in on_paper(exercise) if finding.problem] == []


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_there_are_enough_repairs_and_each_bug_alone_is_among_the_wrong_ones(exercise: Exercise) -> None:
    names = [repair.name for e, repair in REPAIRS if e.id == exercise.id]
    assert sum(name.startswith("accept/") for name in names) >= 4
    assert sum(name.startswith("reject/") for name in names) >= 6
    for bug in exercise.bugs:
        assert any(bug.id in name for name in names if name.startswith("reject/")), bug.id


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_the_notebook_stores_the_outputs_of_a_run(exercise: Exercise) -> None:
    text = exercise.original.read_text()
    assert '"image/png"' in text
    assert "Traceback" not in text
