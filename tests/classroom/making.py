"""Small factories: notebooks, zips and verdicts for the classroom's tests."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from grader.classroom.batch import Course
from grader.classroom.intake import Submission
from grader.model import Check, CheckSpec, CheckStatus, Contract, Exercise, Finding, Status, Timing, Verdict

SOLUTION = Path(__file__).parents[1] / "small_course/solutions/01_line.ipynb"
EXERCISES = ("01_outside_the_tape", "02_detached_tensors", "03_stateful")


def cell(text: str) -> dict[str, object]:
    return {"cell_type": "code", "id": "a", "metadata": {}, "source": text, "outputs": [], "execution_count": None}


def notebook(exercise: str | None = "02_detached_tensors", text: str = "x = 1") -> bytes:
    metadata = {"gradient_clinic": {"exercise": exercise}} if exercise else {}
    return json.dumps({"cells": [cell(text)], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}).encode()


def with_cell(source: str) -> bytes:
    """The fixture course's solution with one more cell."""
    tree = json.loads(SOLUTION.read_bytes())
    tree["cells"].append(cell(source))
    return json.dumps(tree).encode()


def zipped(files: Mapping[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def folder(root: Path, files: Mapping[str, bytes]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def made_class(root: Path, scripts: Mapping[str, str]) -> Path:
    """A folder for each student; the first cell of the notebook says what its grading does."""
    return folder(root, {f"{who}/02/nb.ipynb": notebook(EXERCISES[1], text) for who, text in scripts.items()})


CHECKS = (
    ("test_functions_exist", "the notebook defines its functions", 1.0),
    ("test_connected", "every trainable variable receives a gradient", 4.0),
    ("test_values", "gradients match on hidden data", 5.0),
)


def exercise(name: str = "02_detached_tensors") -> Exercise:
    sheet = tuple(CheckSpec(id_, title, points) for id_, title, points in CHECKS)
    title = name.partition("_")[2].replace("_", " ").capitalize()
    return Exercise(name, Path(name), title, "", (), Contract(()), sheet, ())


def verdict(
    status: Status = Status.PASSED, name: str = "02_detached_tensors", sha256: str = "", **changes: Any
) -> Verdict:
    """Of a notebook that passed every check, failed from the second one on, or never got that far."""
    known: dict[Status, tuple[CheckStatus, ...]] = {
        Status.PASSED: ("passed",) * 3,
        Status.FAILED: ("passed", "failed", "skipped"),
    }
    states = known.get(status, ("skipped",) * 3)
    sheet = tuple(
        Check(id_, title, state, points if state == "passed" else 0.0, points, depends_on=None)
        for (id_, title, points), state in zip(CHECKS, states, strict=True)
    )
    source = "scaled = hidden.numpy() * scale"
    finding = Finding(
        "GRAD002", "detached_numpy", "error", 4, 7, 9, 23, source, "EagerTensor.numpy", ("a",), "It left.", ""
    )
    made = Verdict(
        name,
        exercise(name).title,
        sha256,
        status,
        f"It {status}.",
        "Look.",
        sum(check.points for check in sheet),
        10.0,
        sheet,
        (finding,) if status == Status.FAILED else (),
        timing=Timing(0.6, 0.4, 0.1, 0.1),
    )
    return replace(made, **changes)


def submission(student: str = "ada", name: str = "02_detached_tensors", number: int = 1, **changes: Any) -> Submission:
    made = Submission(student, name, None, f"{student}{name}{number}", f"{student}/{name}/{number}.ipynb", student)
    return replace(made, attempt=number, hand_back=f"{student}/{name}", **changes)


def course(version: str = "1", **hashes: str) -> Course:
    known = dict.fromkeys(EXERCISES, "h1") | hashes
    return Course([exercise(name) for name in EXERCISES], known, version)
