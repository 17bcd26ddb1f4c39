"""A whole class in every layout at once: each of its files ends in a row or in the list, and each row is right."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from grader.classroom.intake import Intake, take_in

from .making import EXERCISES, folder, notebook, zipped
from .test_intake_layouts import METADATA

ONE, TWO, THREE = EXERCISES
PEOPLE = tuple(
    f"{first}{last}" for first in ("ada", "bo", "cleo", "dov", "eve", "fay") for last in ("lee", "wu", "kim")
)
NAMES = {who: f"{who[:-3].title()} {who[-3:].title()}" for who in PEOPLE}
TABLE = "id,name,canvas id\n" + "\n".join(f"{who},{NAMES[who]},{1000 + n}" for n, who in enumerate(PEOPLE))

# Each layout: the path of a student's notebook, by their login, their number and their name.
LAYOUTS = {
    "student / exercise": "{who}/02_detached_tensors/notebook.ipynb",
    "student / a folder by number": "{who}/ex2/work.ipynb",
    "student / homework": "{who}/homework 2/final.ipynb",
    "exercise / student": "02_detached_tensors/{who}.ipynb",
    "exercise / student / file": "02/{who}/Untitled.ipynb",
    "student / file": "{who}/02.ipynb",
    "flat, number last": "{who}_02.ipynb",
    "flat, exercise first": "02_detached_tensors_{who}.ipynb",
    "flat, late": "{who}_02_LATE.ipynb",
    "a folder for the term": "Spring2026/{who}/02/notebook.ipynb",
    "Canvas": "{who}_{canvas}_7{n:04}_02-1.ipynb",
    "Canvas, late": "{who}_LATE_{canvas}_7{n:04}_ex2.ipynb",
    "Moodle, folders": "{name}_5{n:02}_assignsubmission_file_/02.ipynb",
    "Moodle, flat": "{name}_5{n:02}_assignsubmission_file_exercise 2.ipynb",
    "GitHub Classroom": "hw-submissions/hw-{who}/src/ex2.ipynb",
    "GitHub Classroom's repositories": "detached-tensors-{who}/notebook.ipynb",
    "nbgrader": "submitted/{who}/ps1/problem2.ipynb",
    "nbgrader's exchange": "inbound/{who}+02_detached_tensors+2026-01-02 10:00:00 UTC/nb.ipynb",
    "Blackboard": "Lab_{who}_attempt_2026-01-02-10-00-00_02.ipynb",
}
INSTEAD = {0: ".py", 5: ".pdf", 11: ".rar"}  # who submitted no notebook in each layout, but this


def class_in(layout: str) -> dict[str, bytes]:
    files = {}
    for number, who in enumerate(PEOPLE):
        path = LAYOUTS[layout].format(who=who, n=number, canvas=1000 + number, name=NAMES[who])
        if number in INSTEAD:
            files[path.removesuffix(".ipynb") + INSTEAD[number]] = b"work"
        else:
            files[path] = notebook(None, f"x = {number}")
    return files


def taken(tmp_path: Path, files: Mapping[str, bytes], as_zip: bool) -> Intake:
    source = tmp_path / "class.zip"
    if as_zip:
        source.write_bytes(zipped(files))
    else:
        source = folder(tmp_path / "handed in", files)
    return take_in(source, tmp_path / "private", EXERCISES)


@pytest.mark.parametrize("as_zip", [False, True], ids=["folder", "zip"])
@pytest.mark.parametrize("table", [True, False], ids=["enrolled", "unknown"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_file_of_a_class_is_somebodys_row(tmp_path: Path, layout: str, table: bool, as_zip: bool) -> None:
    files = class_in(layout)
    intake = taken(tmp_path, files | ({"students.csv": TABLE.encode()} if table else {}), as_zip)
    assert len(intake.submissions) + len(intake.others) == len(files) + table
    assert {row.exercise for row in intake.submissions} == {TWO}
    by_name = {name: who for who, name in NAMES.items()}
    whose = {by_name.get(row.student, row.student) for row in intake.submissions}
    canvas = {str(1000 + number) for number in range(len(PEOPLE))}
    assert whose == (canvas if layout.startswith("Canvas") and not table else set(PEOPLE))
    without = [row for row in intake.submissions if row.reason]
    assert len(without) == len(INSTEAD) and all("there is no notebook, only" in row.reason for row in without)
    assert intake.new_names == []


def test_all_the_layouts_in_one_folder(tmp_path: Path) -> None:
    """An archive for each, and Gradescope's export: more than 300 files, one class."""
    archives = {f"upload {number}.zip": zipped(class_in(layout)) for number, layout in enumerate(LAYOUTS)}
    gradescope = {"submission_metadata.yml": METADATA.encode(), "submission_401/a.ipynb": notebook(TWO)}
    archives["assignment_9_export.zip"] = zipped(
        {f"assignment_9_export/{name}": gradescope[name] for name in gradescope}
    )
    intake = taken(tmp_path, {**archives, "students.csv": TABLE.encode()}, as_zip=False)
    files = len(LAYOUTS) * len(PEOPLE) + len(gradescope) + 1
    assert files > 300 and len(intake.submissions) + len(intake.others) == files
    assert {row.student for row in intake.submissions} == {*PEOPLE, "al42"}
    assert {row.exercise for row in intake.submissions} == {TWO}
    assert [new.name for new in intake.new_names] == ["al42"]
