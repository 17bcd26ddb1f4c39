"""`--reveal` of `grade`, `batch` and `release`: what is held back is in nothing that a learner gets, and in everything
that is the instructor's."""

from __future__ import annotations

import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.authoring.release import FOLDER
from grader.classroom.gradebook import Gradebook

from ..classroom.making import folder
from ..command_line import grader

CULPRIT = "intercept.numpy()"
TOLD = (CULPRIT, "GRAD002")
SYMPTOM = "intercept received None"


@pytest.fixture
def silent(course: Path) -> Path:
    """The course, where the line is not shown at once."""
    table = course / "exercises" / "01_line" / "exercise.toml"
    table.write_text(table.read_text().replace('reveal = "at_once"', 'reveal = "after_attempts"'))
    return course


def texts(path: Path) -> Iterator[tuple[str, str]]:
    """Every file at or below a path, also inside zips."""
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.suffix == ".zip":
            with zipfile.ZipFile(file) as archive:
                yield from ((f"{file}/{name}", archive.read(name).decode()) for name in archive.namelist())
        elif file.is_file():
            yield str(file), file.read_text("utf-8")


def telling(path: Path) -> list[str]:
    return [name for name, text in texts(path) if any(word in text for word in TOLD)]


@pytest.mark.kernel
def test_grade_has_the_line_in_no_report_until_it_may(silent: Path) -> None:
    first = grader("grade", "01", cwd=silent)
    assert SYMPTOM in first.stdout and not [word for word in TOLD if word in first.stdout]
    assert len(list(texts(silent / "reports"))) == 2 and telling(silent / "reports") == []
    assert all(SYMPTOM in text for _, text in texts(silent / "reports"))
    for form in ("json", "junit", "gradescope"):
        printed = grader("grade", "01", "--format", form, cwd=silent).stdout
        assert SYMPTOM in printed and not [word for word in TOLD if word in printed], form
    assert CULPRIT in grader("grade", "01", "--reveal", "at_once", cwd=silent).stdout
    assert len(telling(silent / "reports")) == 2


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param([], False, marks=pytest.mark.soak),
        pytest.param(["--reveal", "never"], False, marks=pytest.mark.soak),
        (["--reveal", "at_once"], True),
    ],
)
def test_batch_has_the_line_for_the_instructor_and_for_students_when_they_may(
    silent: Path, tmp_path: Path, arguments: list[str], told: bool
) -> None:
    broken = (silent / "exercises/01_line/notebook.ipynb").read_bytes()
    source, output = folder(tmp_path / "in", {"ada/01/nb.ipynb": broken}), tmp_path / "out"
    done = grader("batch", str(source), "--output", str(output), "--jobs", "1", *arguments, cwd=silent)
    assert done.returncode == 0, done.stderr
    assert all(CULPRIT in text for _, text in texts(output / "class.html"))
    assert CULPRIT in grader("gradebook", str(output), "show", "--student", "ada", cwd=silent).stdout
    with Gradebook(output) as book:
        assert [finding.code for row in book.rows() for finding in row.findings] == ["GRAD002"]
    for given in ("feedback", "results"):
        assert any(SYMPTOM in text for _, text in texts(output / given))
        assert bool(telling(output / given)) == told, given


@pytest.mark.kernel
@pytest.mark.parametrize("told", [False, pytest.param(True, marks=pytest.mark.soak)])
def test_release_makes_a_kit_that_tells_when_it_should(silent: Path, tmp_path: Path, told: bool) -> None:
    reveal = "at_once" if told else "never"
    assert grader("release", "--output", "kit.zip", "--reveal", reveal, cwd=silent).returncode == 0
    with zipfile.ZipFile(silent / "kit.zip") as archive:
        archive.extractall(tmp_path / "kit")
    kit = tmp_path / "kit" / FOLDER
    assert tomllib.loads((kit / "exercises/01_line/exercise.toml").read_text())["reveal"] == reveal
    graded = grader("grade", "01", cwd=kit)
    assert SYMPTOM in graded.stdout and (CULPRIT in graded.stdout) == told
    assert bool(telling(kit / "reports")) == told


def test_a_kit_with_everything_is_told_when_to_reveal_too(silent: Path) -> None:
    assert grader("release", "--output", "kit.zip", "--with-spec", "--reveal", "hint", cwd=silent).returncode == 0
    with zipfile.ZipFile(silent / "kit.zip") as archive:
        table = tomllib.loads(archive.read(f"{FOLDER}/exercises/01_line/exercise.toml").decode())
    assert table["reveal"] == "hint" and table["bugs"][0]["debrief"]
