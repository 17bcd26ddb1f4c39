"""Whose notebook is it, and for which exercise: every layout in which classes arrive."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from grader.classroom.intake import Assigned, Intake, Submission, take_in

from .making import EXERCISES, folder, notebook, zipped

ONE, TWO, THREE = EXERCISES
Collect = Callable[[Mapping[str, bytes]], list[Submission]]
TakeIn = Callable[..., Intake]


@pytest.fixture(params=["folder", "zip"])
def intake(request: pytest.FixtureRequest, tmp_path: Path) -> TakeIn:
    """Hands the same files over as a folder and as a zip. Whatever they are, each one is in a row or in the list."""

    def taken(files: Mapping[str, bytes], assigned: Assigned | None = None) -> Intake:
        if request.param == "zip":
            source = tmp_path / "class.zip"
            source.write_bytes(zipped(files))
        else:
            source = folder(tmp_path / "handed in", files)
        return take_in(source, tmp_path / "private", EXERCISES, assigned=assigned)

    return taken


@pytest.fixture
def collect(intake: TakeIn) -> Collect:
    return lambda files: intake(files).submissions


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
    "GitHub Classroom's clone": {
        "02-detached-tensors-submissions/02-detached-tensors-ada/notebook.ipynb": notebook(None),
        "hw-1-submissions/hw-1-bob/src/notebook.ipynb": notebook(None),
    },
    "GitHub Classroom's repositories": {
        "02-detached-tensors-ada/notebook.ipynb": notebook(None),
        "01-outside-the-tape-bob/notebook.ipynb": notebook(None),
    },
    "in a folder for the term": {
        "Spring2026/ada/02/notebook.ipynb": notebook(),
        "Spring2026/bob/01/notebook.ipynb": notebook(None),
    },
    "flat, in a folder for the term": {"Spring2026/ada_02.ipynb": notebook(), "Spring2026/bob_01.ipynb": notebook(ONE)},
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
    first, second = (take_in(source, tmp_path / "private", EXERCISES).submissions[0] for source in (monday, tuesday))
    assert first.key == second.key and first.source != second.source


# --- no file vanishes ---


def test_every_file_ends_in_a_row_or_in_the_list(intake: TakeIn) -> None:
    archive = {
        "Ada Lovelace_501_assignsubmission_file/notebook.ipynb": notebook(),
        "Ada Lovelace_501_assignsubmission_file/data.csv": b"1,2",
        **{
            f"{who}_{number}_assignsubmission_file/work{ending}": b"x"
            for number, (who, ending) in enumerate(
                {"Bo": ".py", "Cy": ".html", "Di": ".pdf", "Ed": ".docx", "Flo": ".rar", "Gus": ".7z"}.items(), 601
            )
        },
    }
    others = {
        f"{who}_7_assignsubmission_file/nb.ipynb": notebook(ONE) for who in ("Bo", "Cy", "Di", "Ed", "Flo", "Gus")
    }
    taken = intake({"CS1-Week A-31.zip": zipped(archive), "CS1-Week B-32.zip": zipped(others), "README.md": b"hello"})
    assert len(taken.submissions) == 13 and [other.ending for other in taken.others] == [".csv", ".md"]
    instead = {row.name: row.reason for row in taken.submissions if row.reason}
    assert instead["Bo"] == "there is no notebook, only work.py"
    assert instead["Gus"] == "there is no notebook, only work.7z; of archives only zip is read"
    assert len(instead) == 6


def test_exercise_says_what_everything_or_one_archive_is_for(intake: TakeIn) -> None:
    files = {
        "monday.zip": zipped({"ada/retyped.ipynb": notebook(None), "bob/report.pdf": b"pdf"}),
        "friday.zip": zipped({"ada/colab.ipynb": notebook(None)}),
        "eve/final.ipynb": notebook(None),
    }
    taken = intake(files, {"monday.zip": ONE, "friday": THREE, "": TWO})
    rows = [(row.student, row.exercise) for row in taken.submissions]
    assert rows == [("ada", ONE), ("ada", THREE), ("bob", ONE), ("eve", TWO)]


def test_another_exercises_notebook_gets_a_note(intake: TakeIn) -> None:
    files = {"hw.zip": zipped({"ada/nb.ipynb": notebook(ONE), "bob/nb.ipynb": notebook(TWO)})}
    notes = {row.student: row.note for row in intake(files, {"hw": ONE}).submissions}
    assert notes == {"ada": "", "bob": f"submitted for {ONE}, but this is the notebook of {TWO}"}
    named = {f"homework 1/{who}/nb.ipynb": notebook(ONE, who) for who in ("ada", "cleo", "dora")}
    taken = intake({**named, "homework 1/bob/nb.ipynb": notebook(TWO)})
    assert [row.student for row in taken.submissions if row.note] == ["bob"]


@pytest.mark.parametrize("folder_name", ["ps1", "group_02", "week 2", "Spring2026"])
def test_a_number_in_a_folders_name_is_no_exercise(intake: TakeIn, folder_name: str) -> None:
    files = {f"ada/{folder_name}/work.ipynb": notebook(None), "bob/02.ipynb": notebook(None)}
    assert [(row.student, row.exercise) for row in intake(files).submissions] == [("ada", None), ("bob", TWO)]


def test_the_files_own_number_counts_before_its_folders(collect: Collect) -> None:
    files = {f"submitted/ada/ps1/problem{number}.ipynb": notebook(None) for number in (1, 2)}
    files["submitted/bob/ps1/problem2.ipynb"] = notebook(None)
    assert who_what(collect(files)) == [("ada", ONE), ("ada", TWO), ("bob", TWO)]


# --- whose is not guessed silently ---


@pytest.mark.parametrize(
    "name", ["Untitled1", "Copy of notebook", "Hausaufgabe 2 final", "notebook-1", "final (3)", "homework"]
)
def test_a_name_that_is_nobodys(intake: TakeIn, name: str) -> None:
    rows = intake({f"{name}.ipynb": notebook(), "ada.ipynb": notebook()}).submissions
    assert [(row.student, bool(row.reason)) for row in rows] == [("", True), ("ada", False)]


def test_sections_are_not_students(collect: Collect) -> None:
    files = {"F25/mon/ada/nb.ipynb": "a", "F25/mon/bob/nb.ipynb": "b", "F25/fri/cleo/nb.ipynb": "c"}
    files |= {"F25/fri/dora/nb.ipynb": "d"}
    rows = collect({name: notebook(text=text) for name, text in files.items()})
    assert [row.student for row in rows] == ["ada", "bob", "cleo", "dora"]


def test_a_student_whose_attempts_come_from_several_folders_is_named(intake: TakeIn) -> None:
    files = {"ada/monday/nb.ipynb": notebook(text="1"), "ada/friday/nb.ipynb": notebook(text="2")}
    taken = intake({**files, "bob/monday/nb.ipynb": notebook()})
    assert [row.student for row in taken.submissions] == ["ada", "ada", "bob"]
    assert [new.name for new in taken.new_names] == ["ada"]
    assert taken.new_names[0].why.startswith("one student, or several? 2 folders hold attempts: ")


def test_who_is_in_no_table_is_named(intake: TakeIn) -> None:
    taken = intake({"students.csv": b"id,name\nada,Ada Lovelace\n", "ada.ipynb": notebook(), "eve.ipynb": notebook()})
    assert [(new.name, new.why) for new in taken.new_names] == [("eve", "in no table of students")]


def test_canvas_own_gradebook_tells_who_is_enrolled(tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text(
        "Student,ID,SIS User ID,SIS Login ID,Section,Tapes (5)\n    Points Possible,,,,,10\n"
        '"Lovelace, Ada",1001,s1,ada@uni.example,Tuesday,\n"Student, Test",1009,,t,Tuesday,\n'
    )
    files = {"lovelaceada_1001_70001_nb.ipynb": notebook(), "s1/01.ipynb": notebook(ONE)}
    files["Ada Lovelace_501_assignsubmission_file/03.ipynb"] = notebook(THREE)
    taken = take_in(folder(tmp_path / "in", files), tmp_path / "private", EXERCISES, tables=[roster])
    assert {(row.student, row.name, row.section) for row in taken.submissions} == {("1001", "Ada Lovelace", "Tuesday")}
    assert [student.id for student in taken.people.students] == ["1001"] and taken.new_names == []


# --- Gradescope ---

METADATA = """\
submission_401:
  :submitters:
  - :name: Ada Lovelace
    :sid: 'al42'
    :email: ada@uni.example
  :created_at: 2026-01-02 10:00:00.250000000 -08:00
  :score: 0.0
submission_402:
  :submitters:
  - :name: Bob Noyce
    :sid:
    :email: bob@uni.example
  - :name: Cleo
    :sid: 'c3'
    :email: cleo@uni.example
  :created_at: 2026-01-02 11:00:00.000000000 Z
"""


@pytest.mark.parametrize("around", ["", "assignment_9_export/"])
def test_gradescopes_export_tells_whose_and_when_and_groups(intake: TakeIn, around: str) -> None:
    files = {"submission_401/work.ipynb": notebook(None), "submission_402/src/nb.ipynb": notebook()}
    files |= {"submission_402/data.csv": b"", "submission_metadata.yml": METADATA.encode()}
    taken = intake({around + name: content for name, content in files.items()}, {"": TWO})
    rows = [(row.student, row.name, row.exercise, row.platform) for row in taken.submissions]
    assert rows == [
        ("al42", "Ada Lovelace", TWO, "gradescope"),
        ("bob@uni.example", "Bob Noyce", TWO, "gradescope"),
        ("c3", "Cleo", TWO, "gradescope"),
    ]
    times = [row.submitted.isoformat() for row in taken.submissions if row.submitted]
    assert times == ["2026-01-02T18:00:00.250000+00:00", *["2026-01-02T11:00:00+00:00"] * 2]


def test_a_student_cannot_submit_gradescopes_metadata(collect: Collect) -> None:
    forged = {"submission_metadata.yml": METADATA.encode(), "submission_401/nb.ipynb": notebook(text="forged")}
    rows = collect({"eve.zip": zipped(forged), "ada/nb.ipynb": notebook()})
    assert [row.student for row in rows] == ["ada", "eve"]
