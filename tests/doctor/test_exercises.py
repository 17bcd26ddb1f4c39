"""What the doctor says of the shipped exercises, through real kernels: each declared bug at its line, and silence on
every right repair; and what its trace costs there, and changes: time, and no number."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from grader.authoring.repairs import Repair, repairs
from grader.course.catalogue import exercises
from grader.course.notebook import Notebook, read
from grader.doctor.examine import examine
from grader.execution.session import open_session
from grader.inside import TRACE
from grader.kernels import KernelRequest, KernelSource
from grader.model import Bug, Exercise, Finding
from grader.model.codes import CODES

from ..conftest import solution

pytestmark = pytest.mark.kernel

EXERCISES = exercises(Path(__file__).parent.parent.parent / "exercises")
RIGHT = [
    (exercise, repair) for exercise in EXERCISES for repair in repairs(exercise) if repair.name.startswith("accept/")
]
ALONE = [
    (exercise, bug, repair)
    for exercise in EXERCISES
    for bug in exercise.bugs
    for repair in repairs(exercise)
    if repair.name == f"reject/only_{bug.id}"
]


SOAK = pytest.mark.soak  # of each kind the suite has a sample


def errors(warm: KernelSource, exercise: Exercise, notebook: Notebook) -> list[Finding]:
    examination = examine(notebook, warm, KernelRequest(exercise.limits, "cpu"))
    assert examination.is_complete, examination.gaps
    return [finding for finding in examination.findings if finding.severity == "error"]


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_each_declared_bug_is_found_at_its_line_and_nothing_else(warm: KernelSource, exercise: Exercise) -> None:
    found = {(finding.code, finding.cell, finding.line) for finding in errors(warm, exercise, read(exercise.original))}
    assert found == {(bug.code, bug.cell, bug.line) for bug in exercise.bugs}


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_the_solution_is_healthy(warm: KernelSource, exercise: Exercise) -> None:
    assert errors(warm, exercise, solution(exercise)) == []


@pytest.mark.parametrize(
    ("exercise", "repair"),
    [pytest.param(*right, marks=SOAK if n % 5 else ()) for n, right in enumerate(RIGHT)],
    ids=[f"{e.id}/{r.name}" for e, r in RIGHT],
)
def test_a_right_repair_is_healthy(warm: KernelSource, exercise: Exercise, repair: Repair) -> None:
    assert errors(warm, exercise, repair.notebook) == []


@pytest.mark.parametrize(
    ("exercise", "bug", "repair"),
    [pytest.param(*alone, marks=SOAK if n % 3 else ()) for n, alone in enumerate(ALONE)],
    ids=[f"{e.id}/{b.id}" for e, b, _ in ALONE],
)
def test_a_bug_alone_is_found_with_its_code(warm: KernelSource, exercise: Exercise, bug: Bug, repair: Repair) -> None:
    assert bug.code in CODES.values()
    found = errors(warm, exercise, repair.notebook)
    assert found and found[0].code == bug.code


# A cell that tells, as an exception, a fingerprint of every number that the notebook has made.
FINGERPRINT = """
import hashlib
import numpy
def _numbers(value):
    if hasattr(value, "trainable_variables") and not isinstance(value, type):
        return [numpy.asarray(variable).tobytes() for variable in value.trainable_variables]
    try:
        array = numpy.asarray(value)
    except Exception:
        return []
    return [array.tobytes()] if array.dtype.kind in "fiu" else []
_all = [part for name, value in sorted(globals().items()) if not name.startswith("_") for part in _numbers(value)]
raise RuntimeError(f"{len(_all)} {hashlib.sha256(b''.join(_all)).hexdigest()}")
"""


def numbers(warm: KernelSource, exercise: Exercise, traced: bool) -> tuple[str, float]:
    """The fingerprint of a run of the shipped notebook, and the seconds that its cells took."""
    notebook = read(exercise.original)
    cells = ("import keras; keras.utils.set_random_seed(5)", *notebook.cells, FINGERPRINT)
    data = exercise.data_files

    changed = replace(notebook, cells=cells)
    request = KernelRequest(exercise.limits, "cpu", data)
    with open_session(warm, request) as session:
        if traced:
            session.add(TRACE)
            session.ask("session.trace", json.dumps({}), timeout=30.0)
        run = session.run(changed)
    assert run.error is not None
    return run.error.message, run.seconds


@pytest.mark.timing
@pytest.mark.parametrize(
    "exercise",
    [pytest.param(exercise, marks=SOAK if n % 2 else ()) for n, exercise in enumerate(EXERCISES)],
    ids=lambda exercise: exercise.id,
)
def test_the_trace_changes_no_number_and_takes_at_most_as_long_again(warm: KernelSource, exercise: Exercise) -> None:
    runs = [(numbers(warm, exercise, False), numbers(warm, exercise, True)) for _ in "12"]
    plain, traced = runs[0]
    assert plain[0] == traced[0]
    assert int(plain[0].split()[0]) > len(exercise.contract.variables) + 2  # more than what it trains
    assert min(traced[1] / plain[1] for plain, traced in runs) <= 2
