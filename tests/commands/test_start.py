"""`start` lays a course out, brings what is new to one that it laid out before, and never touches anybody's work."""

from __future__ import annotations

import json
import os
import shutil
import tomllib
from pathlib import Path

import pytest
import tomli_w

from grader.course.catalogue import exercises
from grader.course.shipped import MARKER, fingerprint

from ..command_line import grader

NOTEBOOKS = [f"exercises/{name}/notebook.ipynb" for name in ("00_first_steps", "01_tape_scope", "02_detached_tensors")]
SOLUTIONS = Path(__file__).parents[2] / "solutions"


@pytest.fixture
def laid_out(tmp_path: Path) -> Path:
    assert grader("start", "mine", cwd=tmp_path).returncode == 0
    return tmp_path / "mine"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def make_older(course: Path, name: str, content: bytes | None) -> None:
    """Make a file be as an older version of the grader laid it out; None: that version had none."""
    marker = tomllib.loads((course / MARKER).read_text("utf-8"))
    if content is None:
        del marker["files"][name]
        shutil.rmtree((course / name).parent)
    else:
        marker["files"][name] = fingerprint(content)
        (course / name).write_bytes(content)
    (course / MARKER).write_text(tomli_w.dumps(marker), "utf-8")


def test_what_to_do_next_is_shown(tmp_path: Path) -> None:
    shown = grader("start", "my course", cwd=tmp_path).stdout
    shipped = exercises(Path(__file__).parents[2] / "exercises")
    minutes = sum(exercise.minutes for exercise in shipped)
    assert shown.startswith(f"{len(shipped)} exercises, about {minutes} minutes, in my course.\n")
    assert "\n  cd 'my course'\n" in shown or os.name == "nt"
    assert "\n  gradient-clinic 00   # is it right?\n" in shown
    (tmp_path / "here").mkdir()
    assert "  cd " not in grader("start", ".", cwd=tmp_path / "here").stdout


def test_nothing_is_laid_out_where_something_is(tmp_path: Path) -> None:
    (tmp_path / "gradient-clinic").mkdir()
    (tmp_path / "gradient-clinic" / "README.md").write_text("mine")
    before = contents(tmp_path)
    ended = grader("start", cwd=tmp_path)
    assert (ended.returncode, ended.stdout, contents(tmp_path)) == (2, "", before)
    assert ended.stderr == (
        "gradient-clinic is not empty, and has no course of ours.\nName a new folder: `gradient-clinic start DIR`.\n"
    )


@pytest.mark.parametrize("name", ["file", "file/course"])
def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    ended = grader("start", name, cwd=tmp_path)
    assert ended.returncode == 2 and "Not a directory" in ended.stderr and "start DIR" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_same_version_again_changes_nothing(laid_out: Path) -> None:
    before = contents(laid_out)
    ended = grader("start", cwd=laid_out / "exercises" / "00_first_steps")
    assert "has everything that this version of the grader brings" in ended.stdout
    assert contents(laid_out) == before


def test_another_version_refreshes_what_was_not_touched_and_nothing_else(laid_out: Path) -> None:
    fresh = contents(laid_out)
    untouched, changed, new = NOTEBOOKS
    make_older(laid_out, untouched, b"older")
    make_older(laid_out, changed, b"older")
    (laid_out / changed).write_bytes(b"my work")
    make_older(laid_out, new, None)
    (laid_out / "notes.txt").write_text("mine")
    shown = grader("start", cwd=laid_out).stdout
    assert f"New:\n  {new}\n" in shown
    assert f"Refreshed, as you had not changed them:\n  {untouched}\n" in shown
    assert f"yours were left alone, as you have changed them:\n  {changed}\n`gradient-clinic reset NN` takes" in shown
    assert contents(laid_out) == {**fresh, changed: b"my work", "notes.txt": b"mine"}
    assert "has everything" in grader("start", cwd=laid_out).stdout  # it is told once


def test_what_was_interrupted_is_taken_up_again_and_no_marker_makes_anybodys_work_ours(laid_out: Path) -> None:
    fresh = contents(laid_out)
    (laid_out / MARKER).write_text("not = [TOML")
    (laid_out / NOTEBOOKS[0]).write_bytes(b"my work")
    (laid_out / NOTEBOOKS[1]).unlink()
    assert grader("start", "mine", cwd=laid_out.parent).returncode == 0
    assert contents(laid_out) == {**fresh, NOTEBOOKS[0]: b"my work"}


def test_reset_brings_back_a_notebook_that_is_gone(laid_out: Path) -> None:
    fresh = contents(laid_out)
    (laid_out / NOTEBOOKS[1]).unlink()
    assert "has been reset" in grader("reset", "01", cwd=laid_out).stdout
    assert contents(laid_out) == fresh


@pytest.mark.parametrize("place", [".", "exercises", "exercises/01_tape_scope"])
def test_the_course_is_found_from_inside(laid_out: Path, place: str) -> None:
    assert "00  First steps" in grader("list", cwd=laid_out / place).stdout
    assert (
        "01 Tape scope, hint 1" in grader("hint", "." if place.endswith("scope") else "01", cwd=laid_out / place).stdout
    )


@pytest.mark.kernel
def test_hidden_checks_judge_and_an_outdated_notebook_is_told_of(laid_out: Path) -> None:
    make_older(laid_out, NOTEBOOKS[0], (SOLUTIONS / "00_first_steps.ipynb").read_bytes())
    ended = grader("00", "--format", "json", cwd=laid_out)
    results = json.loads(ended.stdout)
    assert (ended.returncode, results["status"], results["score"]) == (0, "passed", 10.0)
    assert ended.stderr.startswith("The grader has a newer version of 00_first_steps; `gradient-clinic start`")
    assert {path.name for path in laid_out.iterdir()} >= {"reports", ".grader"}
