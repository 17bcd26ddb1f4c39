"""Hints below real verdicts of the shipped exercises: true however a notebook stops, and word by word what a learner
reads from the first verdict to the line. (Every check that can fail: tests/authoring/test_repairs.py.)"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from grader.course.catalogue import exercises
from grader.course.notebook import read
from grader.course.progress import Progress
from grader.course.reveal import MOST_STUCK, hold_back, pack
from grader.grading.grader import Grader
from grader.model import Exercise, Notes, Status
from grader.report import render

from ..conftest import solution
from ..ladder import climb, is_true, lines

pytestmark = pytest.mark.kernel

EXERCISES = exercises(Path(__file__).parents[2] / "exercises")
GOLDEN = Path(__file__).parent / "golden"
STOPS = {
    "an exception": ("raise ValueError('no such sensor')", Status.CRASHED),
    "a syntax error": ("def loss(:", Status.CRASHED),
    "the kernel's end": ("import os; os._exit(3)", Status.KILLED),
    "functions that raise": ("def {0}(*_): raise TypeError('wrong shape')", Status.FAILED),
    "functions that return nothing": ("def {0}(*_): pass", Status.FAILED),
}


# What becomes of a crash is the same in every exercise; what becomes of answers of the wrong kind is its spec's.
WAYS = [(exercise, stop) for exercise in EXERCISES for stop in STOPS if exercise is EXERCISES[0] or "functions" in stop]


@pytest.mark.parametrize(("exercise", "stop"), WAYS, ids=[f"{exercise.id}-{stop}" for exercise, stop in WAYS])
def test_however_a_notebook_fails_there_is_a_hint_that_is_true(
    grader: Grader, exercise: Exercise, stop: str, tmp_path: Path
) -> None:
    text, status = STOPS[stop]
    broken = replace(
        solution(exercise), cells=(*solution(exercise).cells, text.format(exercise.contract.functions[-1]))
    )
    verdict = grader.judge(exercise, broken)
    assert verdict.status == status
    failing = {check.id for check in verdict.checks if check.status == "failed"}
    rungs = list(climb(exercise, broken, verdict, tmp_path))
    assert rungs
    assert [rung.text for rung in rungs if not is_true(rung, exercise, broken, failing)] == []


@pytest.mark.parametrize("exercise", EXERCISES[1:], ids=lambda exercise: exercise.id)
def test_from_the_first_verdict_to_the_line_a_learner_reads(
    grader: Grader, exercise: Exercise, tmp_path: Path, update_goldens: bool
) -> None:
    notebook = read(exercise.original)
    verdict = grader.grade(exercise, notebook)
    progress = Progress(tmp_path / "attempts")
    parts = []
    for attempt in range(MOST_STUCK):
        tried = replace(verdict, notebook_sha256=str(attempt))
        standing = progress.note(exercise, tried, pack(tried))
        if attempt in (0, MOST_STUCK - 1):
            shown = render(hold_back(exercise, standing, verdict), Notes())
            parts.append(f"=== verdict after attempt {attempt + 1}\n\n{shown}")
    rungs = list(climb(exercise, notebook, verdict, tmp_path / "hints"))
    assert rungs[-1].findings and lines(notebook) >= {finding.source.strip() for finding in rungs[-1].findings}
    parts[1:1] = [
        f"=== hint {rung.number} of {rung.total}\n\n{rung.text}\n"
        + "".join(f"{finding.code}: {finding.source.strip()}\n{finding.message}\n" for finding in rung.findings)
        for rung in rungs
    ]
    text = re.sub(r"\d+\.\d{2,}|\d[\d.]*e-?\d+", "#", "\n".join(parts))  # the last digits are the processor's
    path = GOLDEN / f"{exercise.id}.txt"
    if update_goldens:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8", newline="\n")
    assert text == path.read_text("utf-8")
