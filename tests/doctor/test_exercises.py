"""What the doctor says of the shipped exercises, through real kernels: each declared bug at its line, and silence on
every right repair."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.catalogue import exercises
from grader.examine import examine
from grader.explain import CODES
from grader.kernels import KernelRequest
from grader.model import Exercise
from grader.notebook import Notebook, read
from grader.repairs import repairs, repairs_folder

pytestmark = pytest.mark.kernel

EXERCISES = exercises(Path(__file__).parent.parent.parent / "exercises")
RIGHT = [
    (exercise, repair)
    for exercise in EXERCISES
    for repair in repairs(exercise, repairs_folder(exercise))
    if repair.name.startswith("accept/")
]
ALONE = [
    (exercise, bug, repair)
    for exercise in EXERCISES
    for bug in exercise.bugs
    for repair in repairs(exercise, repairs_folder(exercise))
    if repair.name == f"reject/only_{bug.id}"
]


def errors(warm, exercise: Exercise, notebook: Notebook):
    found = examine(notebook, warm, KernelRequest(exercise.limits, "cpu"))
    assert found.traced
    return [finding for finding in found.findings if finding.severity == "error"]


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_each_declared_bug_is_found_at_its_line_and_nothing_else(warm, exercise: Exercise):
    found = {(finding.code, finding.cell, finding.line) for finding in errors(warm, exercise, read(exercise.original))}
    assert found == {(bug.code, bug.cell, bug.line) for bug in exercise.bugs}


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_the_solution_is_healthy(warm, exercise: Exercise):
    assert errors(warm, exercise, read(exercise.solution)) == []


@pytest.mark.parametrize(("exercise", "repair"), RIGHT, ids=[f"{e.id}/{r.name}" for e, r in RIGHT])
def test_a_right_repair_is_healthy(warm, exercise, repair):
    assert errors(warm, exercise, repair.notebook) == []


@pytest.mark.parametrize(("exercise", "bug", "repair"), ALONE, ids=[f"{e.id}/{b.id}" for e, b, _ in ALONE])
def test_a_bug_alone_is_found_with_its_code(warm, exercise, bug, repair):
    assert bug.code in CODES.values()
    found = errors(warm, exercise, repair.notebook)
    assert found and found[0].code == bug.code
