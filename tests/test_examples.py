"""What docs/ci.md tells people to copy works: the scripts and commands themselves are run, on the fixture course."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from grader.authoring.release import FOLDER
from grader.course.catalogue import exercises, find
from grader.kernels import capabilities, sandbox

ROOT = Path(__file__).parent.parent
WORKFLOW = ROOT / "examples" / "github-classroom" / "grade.yml"
CI = (ROOT / "docs" / "ci.md").read_text()
DOCKER = (ROOT / "docs" / "docker.md").read_text()
ENVIRONMENT = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "COLUMNS": "80"}

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the examples are for Linux machines")


@pytest.fixture
def school(course: Path) -> Path:
    """The fixture course with the examples beside it, as in a clone."""
    shutil.copytree(ROOT / "examples", course / "examples")
    return course


def shell(command: str, folder: Path, **environment: object) -> subprocess.CompletedProcess[str]:
    variables = {**ENVIRONMENT, **{name: str(value) for name, value in environment.items()}}
    return subprocess.run(
        ["bash", "-e", "-c", command], cwd=folder, env=variables, capture_output=True, text=True, timeout=240
    )


def told(pattern: str) -> str:
    """The command in the page's fenced blocks that begins so."""
    blocks = re.findall(r"```\n(.*?)```", CI, re.DOTALL)
    (found,) = {line.strip() for block in blocks for line in block.splitlines() if re.search(pattern, line)}
    return str(found)


def unpack(path: Path, folder: Path) -> Path:
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    return folder


# --- GitHub Classroom -------------------------------------------------------------------------------------------------


@pytest.mark.kernel
def test_the_workflows_grading_step_runs_on_an_unpacked_kit(school: Path, tmp_path: Path) -> None:
    assert shell(told(r"release --output kit\.zip"), school).returncode == 0
    repository = unpack(school / "kit.zip", tmp_path / "student") / FOLDER
    job = yaml.safe_load(WORKFLOW.read_text())["jobs"]["grade"]
    (step,) = (step["run"] for step in job["steps"] if step.get("name") == "Grade")

    broken = shell(step, repository, EXERCISES="01")
    assert broken.returncode == 1, broken.stderr
    suite = ElementTree.parse(repository / "results" / "01.xml").find("testsuite")
    assert suite is not None and (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "1")
    assert (repository / "results" / "01_line.html").is_file()

    notebook = repository / "exercises" / "01_line" / "notebook.ipynb"
    notebook.write_text(notebook.read_text().replace("intercept.numpy()", "intercept"))
    assert shell(step, repository, EXERCISES="01").returncode == 0
    assert shell(step, repository, EXERCISES="01 77").returncode == 2


def test_the_workflow_is_one_that_github_reads() -> None:
    workflow = yaml.safe_load(WORKFLOW.read_text())
    assert workflow[True] == ["push", "workflow_dispatch"]  # YAML takes the key `on` for a truth value; GitHub knows
    job = workflow["jobs"]["grade"]
    assert all(("uses" in step) != ("run" in step) for step in job["steps"])
    assert [find(number, ROOT / "exercises").id[:2] for number in job["env"]["EXERCISES"].split()] == [
        "00",
        "01",
        "02",
        "03",
    ]
    assert "secrets." not in WORKFLOW.read_text()


# --- Gradescope -------------------------------------------------------------------------------------------------------


@pytest.fixture
def autograder(school: Path, tmp_path: Path) -> Path:
    """/autograder, as Gradescope lays it out from the zip that was uploaded."""
    done = shell(told(r"pack\.py .*--with-spec"), school)
    assert done.returncode == 0, done.stderr
    home = tmp_path / "autograder"
    unpack(school / "autograder.zip", home / "source")
    (home / "results").mkdir()
    (home / "submission").mkdir()
    shutil.copy(home / "source" / "run_autograder", home / "run_autograder")
    return home


def run_autograder(home: Path) -> dict[str, Any]:
    (home / "run_autograder").chmod(0o755)
    done = shell("./run_autograder", home, AUTOGRADER=home, GRADER_PYTHON=sys.executable)
    assert done.returncode == 0, done.stderr
    return dict(json.loads((home / "results" / "results.json").read_text()))


@pytest.mark.kernel
def test_gradescope_gets_points_for_each_check_whatever_the_notebook_is_called(school: Path, autograder: Path) -> None:
    shutil.copy(school / "solutions" / "01_line.ipynb", autograder / "submission" / "my work (2).ipynb")
    results = run_autograder(autograder)
    assert results["score"] == 10
    assert [test["status"] for test in results["tests"]] == ["passed"] * 3

    shutil.copy(school / "exercises" / "01_line" / "notebook.ipynb", autograder / "submission" / "my work (2).ipynb")
    results = run_autograder(autograder)
    assert results["score"] == 1
    assert sum(test["max_score"] for test in results["tests"]) == 10
    assert "intercept received None" in results["tests"][1]["output"]


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        (None, "", "can't be read"),
        ("work.ipynb", "print(1)", "is not a notebook"),
        ("work.py", "x = 1", "can't be read"),
    ],
)
def test_gradescope_is_told_why_a_submission_can_not_be_graded(
    autograder: Path, name: str | None, text: str, sentence: str
) -> None:
    if name:
        (autograder / "submission" / name).write_text(text)
    results = run_autograder(autograder)
    assert results["score"] == 0 and sentence in str(results["output"])


@pytest.mark.parametrize("usual", [True, False])
def test_gradescope_grades_the_notebook_that_the_exercise_names_and_says_which(autograder: Path, usual: bool) -> None:
    """The chosen one is broken on purpose: no kernel is needed."""
    own = json.dumps({"metadata": {"gradient_clinic": {"exercise": "01_line"}}, "cells": [{"cell_type": "code"}]})
    other = json.dumps({"metadata": {"gradient_clinic": {"exercise": "99_other"}}, "cells": []})
    submission = autograder / "submission"
    (submission / "a first try.ipynb").write_text(other if not usual else "{}")
    (submission / "work").mkdir()
    (submission / "work" / ("notebook.ipynb" if usual else "z.ipynb")).write_text(own if not usual else "{")
    results = run_autograder(autograder)
    assert str(results["output"]).startswith(f"Graded notebook: work/{'notebook' if usual else 'z'}.ipynb")


def test_a_failure_of_ours_is_no_result(autograder: Path) -> None:
    done = shell("bash run_autograder", autograder, AUTOGRADER=autograder, GRADER_PYTHON="/no/such/python")
    assert done.returncode != 0
    assert (autograder / "results" / "results.json").read_text() == ""


def test_the_zip_for_gradescope_has_its_scripts_at_the_top_and_hides_what_it_should(school: Path) -> None:
    assert shell(told(r"pack\.py \d+ autograder\.zip$"), school).returncode == 0
    with zipfile.ZipFile(school / "autograder.zip") as archive:
        names = archive.namelist()
        assert archive.read("exercise") == b"01_line"
        assert all(archive.getinfo(name).external_attr >> 16 == 0o755 for name in ("setup.sh", "run_autograder"))
    assert not any(name.endswith("/.spec/test_gradients.py") or "/solutions/" in name for name in names)


# --- cron -------------------------------------------------------------------------------------------------------------


@pytest.mark.kernel
@pytest.mark.skipif(shutil.which("flock") is None, reason="no flock")
def test_the_cron_script_grades_what_is_new_and_is_silent(school: Path, tmp_path: Path) -> None:
    line = told(r"grade\.sh").removeprefix("*/15 * * * * ")
    command = line.replace("/srv/gradient-clinic", str(school)).replace("/srv", str(tmp_path))
    submissions, graded = tmp_path / "submissions", tmp_path / "graded"
    (submissions / "ada").mkdir(parents=True)
    shutil.copy(school / "solutions" / "01_line.ipynb", submissions / "ada")

    missing = shell(command.replace("/submissions", "/nowhere"), tmp_path, GRADER_PYTHON=sys.executable)
    assert missing.returncode == 2 and "nowhere" in missing.stderr

    for _ in range(2):
        done = shell(command, tmp_path, GRADER_PYTHON=sys.executable)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        (row,) = (graded / "gradebook.csv").read_text("utf-8-sig").splitlines()[1:]
        assert row.startswith("ada,") and ",passed," in row

    before = (graded / "last.log").stat().st_mtime_ns
    with (graded / ".cron.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert shell(command, tmp_path, GRADER_PYTHON=sys.executable).returncode == 0
    assert (graded / "last.log").stat().st_mtime_ns == before


# --- containers -------------------------------------------------------------------------------------------------------


def test_env_prints_the_flags_of_the_page_on_docker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "exists", lambda path: str(path) == "/.dockerenv")
    for root in (False, True):
        monkeypatch.setattr(sandbox, "as_root", lambda root=root: root)
        (remedy,), _ = capabilities._container() or ((), "")
        flags = re.findall(r"--[\w-]+ \S+", remedy)
        assert all(flag in DOCKER for flag in flags) and ("--cap-add SYS_ADMIN" in flags) == root
        told_to_use = set(re.findall(r"--security-opt [\w]+=unconfined", DOCKER.split("gradient-clinic batch")[0]))
        assert told_to_use <= set(flags)


def test_the_image_copies_what_exists_and_no_more_than_the_context_has() -> None:
    copied = re.findall(r"^COPY (.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    sources = {name for line in copied for name in line.split()}
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert sources == allowed
    assert all((ROOT / name).exists() for name in sources)


def test_the_page_names_only_examples_that_exist() -> None:
    for name in re.findall(r"examples/[\w./-]+", CI):
        assert (ROOT / name.rstrip("./")).exists(), name
    assert exercises(ROOT / "exercises")
