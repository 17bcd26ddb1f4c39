"""What is handed back: to each student their own, under the name that the platform expects."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

from grader.classroom.feedback import as_shown, hand_back, keep_results, number_attempts
from grader.classroom.gradebook import Gradebook, Row
from grader.classroom.intake import Submission
from grader.classroom.outputs import ALWAYS, write_outputs
from grader.model import Status
from grader.report import render

from .making import EXERCISES, exercise, submission, verdict

ONE, TWO, THREE = EXERCISES
CANVAS = replace(
    submission("1001"), platform="canvas", hand_back="lovelaceada_LATE_1001_70001_notebook", name="lovelaceada"
)
MOODLE = replace(
    submission("Ada Lovelace"), platform="moodle", hand_back="Ada Lovelace_501_assignsubmission_file_/notebook"
)
NBGRADER = replace(submission("ada"), platform="nbgrader", hand_back=f"ada/{TWO}/problem1")


def kept(output: Path, *handed_in: Submission, status: Status = Status.FAILED) -> list[Row]:
    with Gradebook(output) as gradebook:
        gradebook.add_exercises([exercise(TWO)])
        gradebook.add_submissions(handed_in)
        for one in handed_in:
            made = verdict(status, TWO, one.sha256, message=f"For {one.student} alone.")
            keep_results(output, one.key, made, render)
            gradebook.record(one.key, made, version="1", exercise_hash="h")
        return gradebook.rows()


def inside(archive: Path) -> dict[str, str]:
    with zipfile.ZipFile(archive) as file:
        return {name: file.read(name).decode() for name in file.namelist()}


def test_canvas_gets_back_the_names_that_it_gave(tmp_path: Path) -> None:
    (archive,) = hand_back(tmp_path, kept(tmp_path, CANVAS))
    assert archive.name == f"canvas-{TWO}.zip"
    assert sorted(inside(archive)) == [
        "lovelaceada_LATE_1001_70001_notebook.html",
        "lovelaceada_LATE_1001_70001_notebook.json",
    ]


def test_moodle_gets_back_the_folders_that_it_gave(tmp_path: Path) -> None:
    (archive,) = hand_back(tmp_path, kept(tmp_path, MOODLE))
    assert archive.name == f"moodle-{TWO}.zip"
    assert "Ada Lovelace_501_assignsubmission_file_/notebook.html" in inside(archive)


def test_nbgrader_gets_its_feedback_tree(tmp_path: Path) -> None:
    (archive,) = hand_back(tmp_path, kept(tmp_path, NBGRADER))
    assert f"feedback/ada/{TWO}/problem1.html" in inside(archive)


def test_a_students_folder_holds_that_students_files_and_nothing_else(tmp_path: Path) -> None:
    (archive,) = hand_back(tmp_path, kept(tmp_path, submission("ada"), submission("bob"), submission("eve")))
    files = inside(archive) | {
        str(path.relative_to(tmp_path / "feedback/students")): path.read_text()
        for path in (tmp_path / "feedback/students").rglob("*.*")
    }
    assert len(files) == 6
    for name, text in files.items():
        student = name.partition("/")[0]
        assert f"For {student} alone." in text
        assert not [other for other in {"ada", "bob", "eve"} - {student} if f"For {other}" in text]


def test_only_the_attempt_that_counts_is_handed_back(tmp_path: Path) -> None:
    first, second = submission(number=1), replace(submission(number=2), hand_back=submission().hand_back)
    rows = kept(tmp_path, first, second)
    (archive,) = hand_back(tmp_path, rows)
    results = json.loads(inside(archive)[f"ada/{TWO}.json"])
    assert results["notebook_sha256"] == second.sha256


def test_a_score_set_by_hand_is_told(tmp_path: Path) -> None:
    kept(tmp_path, submission())
    with Gradebook(tmp_path) as gradebook:
        gradebook.override("ada", TWO, 7.5, "right idea", "mira")
        write_outputs(gradebook, [*ALWAYS, "gradescope", "junit"])
    told = (tmp_path / f"feedback/students/ada/{TWO}.score.txt").read_text()
    assert told.startswith("7.5 of 10 points, set by mira on 20") and told.endswith(".\nright idea\n")
    assert json.loads((tmp_path / f"gradescope/ada/{TWO}/results.json").read_text())["score"] == 7.5
    assert (tmp_path / f"junit/ada.{TWO}.xml").read_text().startswith("<?xml")
    assert "7.5" in (tmp_path / "gradebook.csv").read_text("utf-8-sig").splitlines()[1]


def test_hostile_and_equal_names_stay_inside_and_apart(tmp_path: Path) -> None:
    students = ["../../up", "..", "a/b", "a_b", "Ada", "ada", "CON?", "x" * 300]
    rows = kept(tmp_path / "out", *(submission(student) for student in students))
    (archive,) = hand_back(tmp_path / "out", rows)
    folders = {name.partition("/")[0].casefold() for name in inside(archive)}
    assert len(folders) == len(students)
    assert not [name for name in inside(archive) if ".." in Path(name).parts or Path(name).is_absolute()]
    assert {path.name for path in tmp_path.iterdir()} == {"out"}
    assert len(list((tmp_path / "out/feedback/students").iterdir())) == len(students)


def test_old_feedback_does_not_stay(tmp_path: Path) -> None:
    rows = kept(tmp_path, submission("ada"), submission("bob"))
    hand_back(tmp_path, rows)
    hand_back(tmp_path, [row for row in rows if row.student == "bob"])
    assert [path.name for path in (tmp_path / "feedback/students").iterdir()] == ["bob"]


def test_by_default_the_line_comes_with_a_students_third_submission(tmp_path: Path) -> None:
    first, second, *others = kept(
        tmp_path, *(submission("ada", number=number) for number in (1, 2, 3, 4)), submission("bob")
    )
    rows = [first, replace(second, sha256=first.sha256), *others]  # the same file once more
    numbers = number_attempts(rows)
    assert [numbers[row.key] for row in rows] == [1, 1, 2, 3, 1]
    shown = [as_shown(verdict(Status.FAILED, TWO), exercise(TWO), numbers[row.key]).findings for row in rows]
    assert [bool(findings) for findings in shown] == [False, False, False, True, False]
    assert as_shown(verdict(Status.FAILED, TWO), exercise(TWO), 1, "at_once").findings
    assert not as_shown(verdict(Status.FAILED, TWO), exercise(TWO), 9, "never").findings
    assert as_shown(verdict(Status.FAILED, TWO), None, 1).findings  # of an exercise that is not in this course
