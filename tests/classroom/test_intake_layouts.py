"""Whose notebook is it, and for which exercise: every layout in which classes arrive."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from grader.classroom.intake import Submission, take_in

from .making import EXERCISES, folder, notebook, zipped

ONE, TWO, THREE = EXERCISES
Collect = Callable[[Mapping[str, bytes]], list[Submission]]


@pytest.fixture(params=["folder", "zip"])
def collect(request: pytest.FixtureRequest, tmp_path: Path) -> Collect:
    """Hands the same files over as a folder and as a zip."""

    def taken(files: Mapping[str, bytes]) -> list[Submission]:
        if request.param == "zip":
            source = tmp_path / "class.zip"
            source.write_bytes(zipped(files))
        else:
            source = folder(tmp_path / "handed in", files)
        return take_in(source, tmp_path / "private", EXERCISES)

    return taken


def who_what(rows: list[Submission]) -> list[tuple[str, str | None]]:
    assert [row.reason for row in rows if row.reason] == []
    return [(row.student, row.exercise) for row in rows]


LAYOUTS = {
    "student/exercise": {"ada/02_detached_tensors/notebook.ipynb": notebook(), "bob/ex1/work.ipynb": notebook(None)},
    "exercise/student": {"02_detached_tensors/ada.ipynb": notebook(), "01/bob/work.ipynb": notebook(None)},
    "student/file": {"ada/notebook.ipynb": notebook(), "bob/01_outside_the_tape.ipynb": notebook(None)},
    "in a folder for the class": {
        "submissions/ada/notebook.ipynb": notebook(),
        "submissions/bob/01.ipynb": notebook(None),
    },
    "flat, number last": {"ada_02.ipynb": notebook(), "bob-01.ipynb": notebook(None)},
    "flat, id first": {"02_detached_tensors_ada.ipynb": notebook(), "01-outside-the-tape-bob.ipynb": notebook(None)},
    "flat, one exercise": {"ada.ipynb": notebook(), "bob.ipynb": notebook(ONE)},
    "a zip for each student": {
        "ada.zip": zipped({"homework/notebook.ipynb": notebook()}),
        "bob (1).zip": zipped({"01.ipynb": notebook(None)}),
    },
    "nbgrader": {
        "submitted/ada/02_detached_tensors/notebook.ipynb": notebook(),
        "submitted/ada/02_detached_tensors/timestamp.txt": b"2015-02-02 15:58:23.948203 UTC",
        "submitted/bob/01_outside_the_tape/nb.ipynb": notebook(None),
    },
    "nbgrader's exchange": {
        "inbound/ada+02_detached_tensors+2025-01-02 10:00:00 UTC+x1/nb.ipynb": notebook(None),
        "inbound/bob+01_outside_the_tape+2025-01-02 10:00:00 UTC/nb.ipynb": notebook(None),
    },
    "Blackboard": {
        "Lab_ada_attempt_2025-01-02-10-00-00_work.ipynb": notebook(),
        "Lab_bob_attempt_2025-01-02-10-00-00_01.ipynb": notebook(None),
    },
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_is_understood(layout: str, collect: Collect) -> None:
    assert who_what(collect(LAYOUTS[layout])) == [("ada", TWO), ("bob", ONE)]


def test_canvas_bulk_names(collect: Collect) -> None:
    rows = collect(
        {
            "lovelaceada_1001_70001_notebook.ipynb": notebook(),
            "o_brienseán_LATE_1002_70002_02_detached_tensors-1.ipynb": notebook(None),
            "hoppergrace_1003_70003_work.zip": zipped({"work/final.ipynb": notebook(ONE)}),
            "anon_Ab3dE_70004_notebook.ipynb": notebook(),
            "LATE_anon_Xy9zQ_70005_notebook.ipynb": notebook(),
            "typedtom_1006_text.html": b"<p>I have no file</p>",
        }
    )
    assert [(r.student, r.name, r.exercise, r.late, r.platform) for r in rows] == [
        ("1001", "lovelaceada", TWO, False, "canvas"),
        ("1002", "o_brienseán", TWO, True, "canvas"),
        ("1003", "hoppergrace", ONE, False, "canvas"),
        ("1006", "typedtom", None, False, "canvas"),
        ("anon_Ab3dE", "anon_Ab3dE", TWO, False, "canvas"),
        ("anon_Xy9zQ", "anon_Xy9zQ", TWO, True, "canvas"),
    ]
    assert rows[3].reason == "there is no notebook, only typedtom_1006_text.html"
    assert rows[0].hand_back == "lovelaceada_1001_70001_notebook"
    assert rows[2].hand_back == "hoppergrace_1003_70003_work_final"


def test_the_later_canvas_upload_counts_whatever_its_name(collect: Collect) -> None:
    rows = collect(
        {
            "lovelaceada_1001_70009_a.ipynb": notebook(text="new"),
            "lovelaceada_1001_70002_z-1.ipynb": notebook(text="old"),
        }
    )
    assert [(r.attempt, r.latest, r.serial) for r in rows] == [(1, False, 70002), (2, True, 70009)]


def test_moodle_assignment_zips(collect: Collect) -> None:
    rows = collect(
        {
            "CS1-Detached tensors-31.zip": zipped(
                {
                    "Ada Lovelace_501_assignsubmission_file_/notebook.ipynb": notebook(None),
                    "Ada Lovelace_501_assignsubmission_onlinetext_/onlinetext.html": b"hello",
                    "Bob Noyce_502_assignsubmission_file/sub/notebook.ipynb": notebook(None),
                }
            ),
            "CS1-Outside the tape-32.zip": zipped(
                {"Ada Lovelace_611_assignsubmission_file_notebook.ipynb": notebook(None)}
            ),
        }
    )
    assert who_what(rows) == [("Ada Lovelace", ONE), ("Ada Lovelace", TWO), ("Bob Noyce", TWO)]
    assert [row.hand_back for row in rows] == [
        "Ada Lovelace_611_assignsubmission_file/notebook",
        "Ada Lovelace_501_assignsubmission_file_/notebook",
        "Bob Noyce_502_assignsubmission_file/notebook",
    ]


def test_moodle_namesakes_are_two_students(collect: Collect) -> None:
    rows = collect(
        {
            "Kim Lee_501_assignsubmission_file/notebook.ipynb": notebook(text="a"),
            "Kim Lee_502_assignsubmission_file/notebook.ipynb": notebook(text="b"),
            "Participant_77_assignsubmission_file/notebook.ipynb": notebook(text="c"),
        }
    )
    assert [row.student for row in rows] == ["Kim Lee 501", "Kim Lee 502", "Participant 77"]


def test_metadata_wins_over_names(collect: Collect) -> None:
    assert who_what(collect({"ada/01_outside_the_tape/01.ipynb": notebook(THREE)})) == [("ada", THREE)]


def test_an_exercise_of_another_course_is_a_row_with_the_reason(collect: Collect) -> None:
    (row,) = collect({"ada/02/notebook.ipynb": notebook("99_elsewhere")})
    assert row.reason == "its metadata names the exercise 99_elsewhere, which this course does not have"
    assert (row.student, row.exercise) == ("ada", None)


def test_what_cannot_be_assigned_is_a_row_with_the_reason(collect: Collect) -> None:
    rows = collect({"ada/mystery.ipynb": notebook(None), "notebook.ipynb": notebook()})
    assert [(row.student, row.reason) for row in rows] == [
        ("", "it is not clear whose work this is; a folder or file name with the student's id would say"),
        ("ada", "neither its metadata nor its name says which exercise it is"),
    ]


def test_numbered_students_in_flat_files_are_not_merged(collect: Collect) -> None:
    rows = collect({f"student_{n:02}.ipynb": notebook(ONE, f"n = {n}") for n in (1, 2, 3)})
    assert [row.student for row in rows] == ["student_01", "student_02", "student_03"]
    rows = collect({f"student-{n}.ipynb": notebook(ONE, f"m = {n}") for n in (1, 2)})
    assert {"student-1", "student-2"} <= {row.student for row in rows}


def test_copies_marked_by_browsers_and_platforms_are_later_attempts(collect: Collect) -> None:
    rows = collect(
        {
            "ada.ipynb": notebook(text="1"),
            "ada (1).ipynb": notebook(text="2"),
            "ada (2).ipynb.txt": notebook(text="3"),
            "bob.ipynb": notebook(text="1"),
            "bob-1.ipynb": notebook(text="2"),
        }
    )
    assert [(row.student, row.attempt, row.latest, row.source) for row in rows] == [
        ("ada", 1, False, "ada.ipynb"),
        ("ada", 2, False, "ada (1).ipynb"),
        ("ada", 3, True, "ada (2).ipynb.txt"),
        ("bob", 1, False, "bob.ipynb"),
        ("bob", 2, True, "bob-1.ipynb"),
    ]


def test_late_is_seen_in_any_layout(collect: Collect) -> None:
    rows = collect({"ada_LATE.ipynb": notebook(), "bob.ipynb": notebook(), "lates.ipynb": notebook()})
    assert [(row.student, row.late) for row in rows] == [("ada", True), ("bob", False), ("lates", False)]


def test_an_nbgrader_timestamp_orders_attempts(collect: Collect) -> None:
    rows = collect(
        {
            "ada+02_detached_tensors+2025-03-02 10:00:00.5 UTC/a.ipynb": notebook(text="later"),
            "ada+02_detached_tensors+2025-03-01 10:00:00.5 UTC/z.ipynb": notebook(text="earlier"),
        }
    )
    assert [row.submitted.isoformat() for row in rows if row.submitted] == [
        "2025-03-01T10:00:00.500000+00:00",
        "2025-03-02T10:00:00.500000+00:00",
    ]


def test_junk_is_ignored(collect: Collect) -> None:
    rows = collect(
        {
            "ada/notebook.ipynb": notebook(),
            "ada/.ipynb_checkpoints/notebook-checkpoint.ipynb": notebook(text="old"),
            "__MACOSX/ada/._notebook.ipynb": b"\0\5\26\7",
            "ada/.DS_Store": b"x",
            "ada/data.csv": b"1,2",
            "README.md": b"Submissions of the class",
        }
    )
    assert who_what(rows) == [("ada", TWO)]


def test_a_student_without_a_notebook_is_a_row(collect: Collect) -> None:
    rows = collect(
        {
            "ada/02/solution.py": b"print(1)",
            "ada/02/plot.png": b"png",
            "bob/work.7z": b"7z",
            "eve/02/nb.ipynb": notebook(),
            "eve/02/data.csv": b"",
        }
    )
    assert [(row.student, row.exercise, row.reason) for row in rows] == [
        ("ada", TWO, "there is no notebook, only plot.png, solution.py"),
        ("bob", None, "there is no notebook, only work.7z; of archives only zip is read"),
        ("eve", TWO, ""),
    ]


def test_students_csv_maps_ids_to_names_and_sections(collect: Collect) -> None:
    table = "Student ID;Name;Section;Canvas ID\nal42;Ada Lovelace;Tuesday;1001\nbn7;Zoë Noyce;Friday;1002\n"
    rows = collect(
        {
            "students.csv": table.encode("cp1252"),
            "lovelaceada_1001_70001_notebook.ipynb": notebook(),
            "week 2/groups/BN7/notebook.ipynb": notebook(),
        }
    )
    assert [(row.student, row.name, row.section) for row in rows] == [
        ("al42", "Ada Lovelace", "Tuesday"),
        ("bn7", "Zoë Noyce", "Friday"),
    ]


def test_accents_decomposed_by_macos_are_the_same_student(collect: Collect) -> None:
    rows = collect({"Zoe\u0308/01.ipynb": notebook(ONE), "Zo\u00eb/02.ipynb": notebook(TWO)})
    assert {row.student for row in rows} == {"Zo\u00eb"}


def test_a_key_does_not_depend_on_where_the_work_lay(tmp_path: Path) -> None:
    monday = folder(tmp_path / "monday", {"ada/02/notebook.ipynb": notebook()})
    tuesday = folder(tmp_path / "tuesday", {"submissions/ada/renamed (1).ipynb": notebook()})
    first, second = (take_in(source, tmp_path / "private", EXERCISES)[0] for source in (monday, tuesday))
    assert first.key == second.key and first.source != second.source
