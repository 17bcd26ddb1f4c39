"""Tables that other programs read: complete, importable again, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.classroom.exports.canvas import merge
from grader.classroom.exports.cells import harmless
from grader.classroom.exports.table import gradebook_csv
from grader.classroom.gradebook import Gradebook, Row
from grader.model import Status
from grader.model.errors import GraderError
from grader.words import points

from .making import EXERCISES, exercise, submission, verdict

ONE, TWO, THREE = EXERCISES

ROSTER = """\
Student,ID,SIS User ID,SIS Login ID,Section,Detached tensors (811),Essay (812),Current Score,Final Score
,,,,,Manual Posting,,,
    Points Possible,,,,,100.00,5.00,(read only),(read only)
"Lovelace, Ada",1001,s-1,ada,Tuesday,,4.5,88.1,88.1
"O'Brien, Seán",1002,s-2,sean@uni.example,Tuesday,12,N/A,,
"=cmd()|'x'!A1",1003,s-3,eve,Friday,EX,,,
"Student, Test",1004,,abc,Friday,,,,
"""


def rows_of(tmp_path: Path, *students: str, names: tuple[str, ...] = (TWO,)) -> list[Row]:
    with Gradebook(tmp_path) as gradebook:
        gradebook.add_exercises([exercise(name) for name in names])
        for student in students:
            for name in names:
                one = submission(student, name)
                gradebook.add_submissions([one])
                gradebook.record(one.key, verdict(Status.FAILED, name), version="1", exercise_hash="h")
        return gradebook.rows()


def table(text: str, separator: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))


# --- gradebook.csv ---


def test_a_line_for_each_submission_and_a_column_for_each_check(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, "ada", "bob", names=(TWO, ONE))
    order = {TWO: ["test_functions_exist", "test_connected", "test_values"], ONE: ["test_functions_exist"]}
    header, *lines = table(gradebook_csv(rows, order))
    assert len(lines) == 4 and all(len(line) == len(header) for line in lines)
    assert header[-6:] == [
        f"{ONE}:test_functions_exist",
        f"{TWO}:test_functions_exist",
        f"{TWO}:test_connected",
        f"{TWO}:test_values",
        f"{ONE}:test_connected",  # no longer on the score sheet
        f"{ONE}:test_values",
    ]
    second = dict(zip(header, lines[1], strict=True))
    assert (second["student"], second["exercise"], second["status"]) == ("ada", TWO, "failed")
    assert (second["score"], second["codes"], second["counts"]) == ("1", "GRAD002", "yes")
    assert (second[f"{TWO}:test_functions_exist"], second[f"{TWO}:test_connected"]) == ("1", "0")
    assert second[f"{ONE}:test_functions_exist"] == ""


HOSTILE = ["=1+1", "+1+cmd", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1", "|calc", "%0A=1", "\n@x"]


@pytest.mark.parametrize("text", HOSTILE)
def test_formulas_are_text(text: str) -> None:
    assert harmless(text) == "'" + text


@pytest.mark.parametrize("text", ["", "ada", "-1.5", "+3", "-0", "12 %", "a=b", "O'Brien", "-1,5"])
def test_ordinary_cells_stay(text: str) -> None:
    assert harmless(text) == text


@given(st.text())
def test_no_cell_starts_a_formula(text: str) -> None:
    safe = harmless(text)
    assert safe.lstrip()[:1] not in ("=", "@") and safe.removeprefix("'") in (text, text.removeprefix("'"))


def test_every_cell_of_the_table_is_neutralised(tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path, "=HYPERLINK(1)")
    hostile = replace(row, name="+name", section="@s", message="-m()", source="=f", status="=s")
    _, line = table(gradebook_csv([hostile], {}))
    assert not [cell for cell in line if cell[:1] in "=+-@" and cell]


@pytest.mark.parametrize(("value", "text"), [(10.0, "10"), (7.5, "7.5"), (3.333, "3.33"), (0.0, "0"), (100, "100")])
def test_points_are_written_as_canvas_shows_them(value: float, text: str) -> None:
    assert points(value) == text


# --- Canvas ---


def test_scores_are_filled_in_and_nothing_else_changes(tmp_path: Path) -> None:
    merged = merge(ROSTER.encode(), rows_of(tmp_path, "1001", "sean", "1003"))
    before, after = table(ROSTER), table(merged.text)
    assert after[3][5] == "10" and after[4][5] == "10"  # 1 of 10 points, where Canvas has 100
    assert after[5][5] == "EX"
    assert merged.scaled == ("Detached tensors from 10 to 100",)
    for line in (3, 4):
        before[line][5] = after[line][5]
    before[5][0] = "'" + before[5][0]
    assert after == before
    assert (merged.filled, merged.new_columns, merged.not_in_roster) == (3, (), ())


def test_a_new_exercise_becomes_a_column_before_the_totals(tmp_path: Path) -> None:
    merged = merge(ROSTER.encode(), rows_of(tmp_path, "ada", names=(TWO, THREE)))
    header, posting, possible, ada, *_ = table(merged.text)
    assert header[5:9] == ["Detached tensors (811)", "Essay (812)", "Stateful", "Current Score"]
    assert (posting[7], possible[7], ada[7], ada[5], ada[6]) == ("", "10", "1", "10", "4.5")
    assert merged.new_columns == ("Stateful",)


@pytest.mark.parametrize("who", ["1001", "ada", "S-1", "Ada Lovelace", "lovelaceada", "Lovelace Ada"])
def test_students_are_found_by_id_login_or_name(tmp_path: Path, who: str) -> None:
    merged = merge(ROSTER.encode(), rows_of(tmp_path, who))
    assert table(merged.text)[3][5] == "10" and merged.filled == 1


def test_who_is_not_in_the_roster_is_named_and_nobody_elses_score_changes(tmp_path: Path) -> None:
    merged = merge(ROSTER.encode(), rows_of(tmp_path, "mallory"))
    assert merged.not_in_roster == ("mallory",)
    assert [line[5] for line in table(merged.text)[3:]] == ["", "12", "EX", ""]


def test_a_name_shared_by_two_is_nobodys(tmp_path: Path) -> None:
    twins = ROSTER + '"Lovelace, Ada",1005,,ada2,Friday,,,,\n'
    assert merge(twins.encode(), rows_of(tmp_path, "Ada Lovelace")).not_in_roster == ("Ada Lovelace",)


def test_an_override_is_what_canvas_gets(tmp_path: Path) -> None:
    rows_of(tmp_path, "1001")
    with Gradebook(tmp_path) as gradebook:
        gradebook.override("1001", TWO, 9.0, "", "mira")
        rows = gradebook.rows()
    assert table(merge(ROSTER.encode(), rows).text)[3][5] == "90"


def test_semicolons_a_mark_and_decimal_commas_are_kept(tmp_path: Path) -> None:
    german = "\ufeff" + ROSTER.replace('"Lovelace, Ada"', "@@").replace('"O\'Brien, Seán"', "Seán").replace(
        '"Student, Test"', "T"
    ).replace(",", ";").replace("100.00", "100,00").replace("@@", "Lovelace, Ada")
    merged = merge(german.encode(), rows_of(tmp_path, "1001"))
    assert merged.text.startswith("\ufeffStudent;ID;")
    assert table(merged.text.removeprefix("\ufeff"), ";")[3][5] == "10"


def test_merging_twice_gives_the_same(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, "1001", names=(TWO, THREE))
    once = merge(ROSTER.encode(), rows)
    again = merge(once.text.encode(), rows)
    assert again.text == once.text and again.new_columns == ()


@pytest.mark.parametrize("roster", [b"", b"name,points\nada,1\n", b"\xff\xfe\x00"])
def test_another_table_is_refused(tmp_path: Path, roster: bytes) -> None:
    with pytest.raises(GraderError, match="not a gradebook that Canvas exported"):
        merge(roster, rows_of(tmp_path, "ada"))
