"""What the doctor says of the shipped exercises, through real kernels: declared bugs at their lines, and silence on the
solutions."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.catalogue import exercises
from grader.examine import examine
from grader.kernels import KernelRequest
from grader.model import Exercise
from grader.notebook import Notebook, read

pytestmark = pytest.mark.kernel

EXERCISES = exercises(Path(__file__).parent.parent.parent / "exercises")


def errors(warm, exercise: Exercise, notebook: Notebook):
    found = examine(notebook, warm, KernelRequest(exercise.limits, "cpu"))
    assert found.traced
    return [finding for finding in found.findings if finding.severity == "error"]


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_what_is_found_is_a_declared_bug_at_its_line(warm, exercise: Exercise):
    """Silent bugs are not all found yet; what is said to be an error is one."""
    found = {(finding.code, finding.cell, finding.line) for finding in errors(warm, exercise, read(exercise.original))}
    assert found and found <= {(bug.code, bug.cell, bug.line) for bug in exercise.bugs}


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_the_solution_is_healthy(warm, exercise: Exercise):
    assert errors(warm, exercise, read(exercise.solution)) == []
