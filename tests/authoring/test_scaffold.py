"""`new` writes an exercise that `verify` finds sound as it is, and never over another one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from grader.authoring.repairs import repairs
from grader.authoring.scaffold import scaffold
from grader.authoring.verify import on_paper, verify
from grader.course.catalogue import load
from grader.grading.grader import Grader
from grader.model.errors import GraderError


@pytest.fixture
def course(tmp_path: Path) -> Path:
    folder = tmp_path / "course" / "exercises"
    (folder / "04_saturation").mkdir(parents=True)
    return folder


@pytest.mark.kernel
def test_a_new_exercise_is_sound_as_it_is(course: Path, grader: Grader) -> None:
    exercise = load(scaffold("dead_units", course))
    findings = list(verify(exercise, grader))
    assert [finding for finding in findings if finding.problem] == []
    tried = [finding.what for finding in findings if finding.what.startswith(("accept/", "reject/"))]
    assert len(tried) == 10


def test_it_has_as_many_repairs_as_an_exercise_must_have_and_each_bug_alone_is_one(course: Path) -> None:
    exercise = load(scaffold("dead_units", course))
    names = [repair.name for repair in repairs(exercise)]
    assert sum(name.startswith("accept/") for name in names) >= 4
    assert sum(name.startswith("reject/") for name in names) >= 6
    assert all(any(bug.id in name for name in names) for bug in exercise.bugs)


def test_it_gets_the_next_number_and_a_title(course: Path) -> None:
    folder = scaffold("dead_units", course)
    assert folder.name == "05_dead_units"
    exercise = load(folder)
    assert exercise.title == "Dead units" and exercise.max_score == 10
    assert [finding for finding in on_paper(exercise) if finding.problem] == []


def test_the_notebooks_are_notebooks(course: Path) -> None:
    folder = scaffold("11_mirror", course)
    solution = course.parent / "solutions" / "11_mirror.ipynb"
    for path in (folder / "notebook.ipynb", folder / ".original.ipynb", solution):
        nbformat.validate(nbformat.read(path, as_version=4))
        assert json.loads(path.read_text())["cells"][0]["source"][0] == "# Mirror\n"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("04_other", "There is an exercise 04 already: 04_saturation."),
        ("../escape", "../escape can't be an exercise's name."),
        ("Großes Übel", "Großes Übel can't be an exercise's name."),
    ],
)
def test_a_name_that_can_not_be_is_refused_and_nothing_written(course: Path, name: str, sentence: str) -> None:
    before = sorted(course.parent.parent.rglob("*"))
    with pytest.raises(GraderError) as refusal:
        scaffold(name, course)
    assert refusal.value.message == sentence
    assert sorted(course.parent.parent.rglob("*")) == before


def test_nothing_is_written_over(course: Path) -> None:
    solution = course.parent / "solutions" / "05_dead_units.ipynb"
    solution.parent.mkdir()
    solution.write_text("somebody's work")
    with pytest.raises(GraderError, match="is there already"):
        scaffold("dead_units", course)
    assert solution.read_text() == "somebody's work"
    assert not (course / "05_dead_units").exists()


def test_the_command_says_what_to_do_next(course: Path) -> None:
    done = new("dead_units", course)
    assert done.returncode == 0 and (course / "05_dead_units" / "exercise.toml").is_file()
    assert "python -m grader verify 05" in done.stdout
    wrong = new("5_x", course)
    assert wrong.returncode == 2 and "can't be an exercise's name" in wrong.stderr


def new(name: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "grader", "new", name]
    environment = {**os.environ, "COLUMNS": "80"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
