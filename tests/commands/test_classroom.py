"""`batch` and `gradebook` as an instructor types them."""

from __future__ import annotations

import csv
import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from grader import __version__
from grader.classroom.gradebook import Gradebook
from grader.commands import batch as batch_command
from grader.commands import gradebook as gradebook_command
from grader.model import Status
from grader.model.errors import GraderError

from ..classroom.making import folder, notebook, verdict, with_cell
from ..classroom.outcomes import wait_until_gone
from ..conftest import wait_until

LINE = "01_line"


def batch(*arguments: str | Path) -> Result:
    return CliRunner().invoke(batch_command.command, list(map(str, arguments)), standalone_mode=False)


def gradebook(*arguments: str | Path) -> Result:
    return CliRunner().invoke(gradebook_command.command, list(map(str, arguments)), standalone_mode=False)


@pytest.fixture
def graded(tmp_path: Path, course: Path) -> Path:
    """A gradebook of submissions that are all refused, so that no kernel is needed."""
    files = {"ada/01/nb.ipynb": b"{", "bob/01/nb.ipynb": b"", "eve/01/nb.docx": b"", "[red]/01/x.ipynb": b"="}
    source = folder(tmp_path / "in", {**files, "students.csv": b"id,name,section\nada,Ada Lovelace,A\n"})
    result = batch(source, "--output", tmp_path / "out", "--exercises", course / "exercises", "--title", "DL 1")
    assert result.exception is None and result.return_value == 0, result.output
    assert "4 submissions: 4 ungradable." in result.output
    assert "1 submission without a notebook: 1 .docx." in result.output
    assert "New names that are in no table: [red]" in result.output
    return tmp_path / "out"


def test_a_batch_leaves_everything_that_people_open(graded: Path) -> None:
    assert (graded / "gradebook.csv").read_text("utf-8-sig").count("\n") == 5
    assert "<h1>DL 1</h1>" in (graded / "class.html").read_text()
    assert sorted(path.name for path in (graded / "feedback/students/ada").iterdir()) == [
        f"{LINE}.html",
        f"{LINE}.json",
    ]


ENROLLED = b"id,name,section,email\nada,Ada Lovelace,A,ada@uni.example\nfay,Fay Wu,B,fay@uni.example\nkim,Kim Lee,B,\n"


def test_everybody_enrolled_has_a_row(tmp_path: Path, course: Path) -> None:
    table = folder(tmp_path, {"enrolled.csv": ENROLLED}) / "enrolled.csv"
    source, output = folder(tmp_path / "in", {"ada/01/nb.ipynb": b""}), tmp_path / "out"
    said = batch(source, "--output", output, "--students", table, "--exercises", course / "exercises").output
    assert "1 submission: 1 ungradable." in said and "2 students submitted nothing: `gradebook" in said
    assert [line.split()[0] for line in gradebook(output).output.splitlines()[1:4]] == ["ada", "fay", "kim"]
    assert gradebook(output, "show", "--nothing", "--format", "mail").output.splitlines()[:2] == [
        "Fay Wu <fay@uni.example>",
        "Kim Lee (kim)",
    ]
    rows = list(csv.DictReader(io.StringIO((output / "gradebook.csv").read_text("utf-8-sig"))))
    assert [(row["student"], row["status"]) for row in rows] == [
        ("ada", "ungradable"),
        ("fay", "not submitted"),
        ("kim", "not submitted"),
    ]


def test_a_score_set_by_hand_is_a_score_without_a_notebook(tmp_path: Path, course: Path) -> None:
    table = folder(tmp_path, {"enrolled.csv": ENROLLED}) / "enrolled.csv"
    source, output = folder(tmp_path / "in", {"ada/01/nb.ipynb": b""}), tmp_path / "out"
    batch(source, "--output", output, "--students", table, "--exercises", course / "exercises")
    said = gradebook(output, "override", "lovelace", "1", "6", "--who", "mira").output
    assert said.startswith(
        f"Ada Lovelace (ada), {LINE}: 6 of 10 points, set by mira, the grader's own is 0 (ungradable)"
    )
    said = gradebook(output, "override", "Fay", "1", "8", "--who", "mira", "--comment", "oral exam").output
    assert said.startswith(f"Fay Wu (fay), {LINE}: 8 of 10 points, set by mira, without a submission.")
    roster = tmp_path / "roster.csv"
    roster.write_text("Student,ID,SIS Login ID,Section,A line (5)\nA,7,ada,A,\nF,8,fay,B,\nK,9,kim,B,\n")
    gradebook(output, "export", "csv", "page", "feedback", "gradescope", "canvas", "--roster", roster)
    assert [line.rpartition(",")[2] for line in (output / "canvas-import.csv").read_text().splitlines()[1:]] == [
        "6",
        "8",
        "",
    ]
    assert '"score": 8' in (output / f"gradescope/fay/{LINE}/results.json").read_text()
    assert "oral exam" in (output / f"feedback/students/fay/{LINE}.score.txt").read_text()
    table_of = csv.DictReader(io.StringIO((output / "gradebook.csv").read_text("utf-8-sig")))
    scores = [(row["student"], row["score"], row["override_by"]) for row in table_of]
    assert scores == [("ada", "6", "mira"), ("fay", "8", "mira"), ("kim", "0", "")]
    assert '"not_submitted",8' in (output / "class.html").read_text()
    assert "without a submission" not in gradebook(output, "override", "fay", "1", "--withdraw").output


def test_a_score_stays_when_a_table_tells_who_it_is(tmp_path: Path, course: Path) -> None:
    source, output = folder(tmp_path / "in", {"lovelaceada_1001_70001_01.ipynb": b""}), tmp_path / "out"
    arguments: list[str | Path] = [source, "--output", output, "--exercises", course / "exercises"]
    batch(*arguments)
    gradebook(output, "override", "1001", "1", "6")
    folder(source, {"students.csv": b"id,name,canvas id\nada,Ada Lovelace,1001\n"})
    batch(*arguments)
    with Gradebook(output) as book:
        assert [(row.student, row.score) for row in book.everybody()] == [("ada", 6.0)]


def test_show_lists_and_filters(graded: Path) -> None:
    title, first, ada, *_ = gradebook(graded).output.splitlines()
    assert title.split() == ["student", "name", "exercise", "#", "status", "score", "checks", "what"]
    assert first.startswith("[red]") and ada.startswith("ada      Ada Lovelace  01_line   1  ungradable  0/10")
    assert not [line for line in (first, ada) if "…" in line]  # what another program reads is not cut
    assert "1 submission: 1 ungradable." in gradebook(graded, "show", "--student", "lovelace").output
    assert "No submissions." in gradebook(graded, "show", "--status", "passed").output
    assert "1 submission" in gradebook(graded, "show", "--section", "A").output
    table = CliRunner().invoke(gradebook_command.command, [str(graded), "show", "--format", "csv"]).stdout
    assert [row["student"] for row in csv.DictReader(io.StringIO(table))] == ["[red]", "ada", "bob", "eve"]


def test_help_needs_no_gradebook(tmp_path: Path) -> None:
    assert "--nothing" in gradebook(tmp_path / "none", "show", "--help").output


@pytest.mark.skipif(os.name != "posix", reason="modes")
def test_the_folder_is_its_owners_alone(graded: Path) -> None:
    gradebook(graded, "export")
    assert graded.stat().st_mode & 0o777 == 0o700
    loose = [path for path in graded.rglob("*") if path.stat().st_mode & 0o077]
    assert loose == []


def test_regrading_nobody_is_an_error(tmp_path: Path, course: Path) -> None:
    source = folder(tmp_path / "in", {"ada/01/nb.ipynb": b"{"})
    arguments: list[str | Path] = [source, "--output", tmp_path / "out", "--exercises", course / "exercises"]
    result = batch(*arguments, "--regrade", "adda")
    assert isinstance(result.exception, GraderError)
    assert "--regrade adda: there is no such student or exercise (did you mean `ada`?)" in result.exception.message


def test_override_is_set_shown_and_taken_back(graded: Path) -> None:
    said = gradebook(graded, "override", "ada", "1", "7", "--comment", "by mail", "--who", "mira").output
    assert f"Ada Lovelace (ada), {LINE}: 7 of 10 points, set by mira" in said
    assert "✎ set to 7 by mira" in gradebook(graded, "show", "--student", "ada").output
    assert "1 submission" in gradebook(graded, "show", "--overridden").output
    assert "own score again" in gradebook(graded, "override", "ada", LINE, "--withdraw").output
    assert "No submissions" in gradebook(graded, "show", "--overridden").output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["override", "nobody", "01", "3"], "no student nobody"),
        (["override", "ada", "77", "3"], "no exercise 77"),
        (["override", "ada", "01"], "Give a SCORE"),
        (["override", "ada", "01", "--", "-1"], "not in the range"),
        (["export", "canvas"], "Canvas' own exported gradebook"),
    ],
)
def test_a_mistake_is_said_and_nothing_changes(graded: Path, arguments: list[str], message: str) -> None:
    result = gradebook(graded, *arguments)
    assert message in str(result.exception)
    with Gradebook(graded) as book:
        assert not [row for row in book.rows() if row.override]


def test_export_fills_canvas_own_table(graded: Path, tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text("Student,ID,SIS Login ID,Section,A line (5)\n    Points Possible,,,,10\nLovelace,7,ada,A,\n")
    gradebook(graded, "override", "ada", "01", "7")
    said = gradebook(graded, "export", "canvas", "--roster", roster).output
    assert "1 student got a score." in said
    assert (graded / "canvas-import.csv").read_text().splitlines()[2] == "Lovelace,7,ada,A,7"


def test_a_folder_without_a_gradebook(tmp_path: Path) -> None:
    result = gradebook(tmp_path)
    assert isinstance(result.exception, GraderError) and "no gradebook" in result.exception.message


# --- the real pipeline ---


@pytest.mark.kernel
def test_a_class_is_graded_with_real_kernels(tmp_path: Path, course: Path) -> None:
    files = {
        "right/01/nb.ipynb": with_cell("# nothing more"),
        "wrong/01/nb.ipynb": (course / "exercises/01_line/notebook.ipynb").read_bytes(),
        "crash/01/nb.ipynb": with_cell("1 / 0"),
        "exits/01/nb.ipynb": with_cell("import os; os._exit(3)"),
        "other/01/nb.ipynb": notebook("02_elsewhere"),
    }
    source, output = folder(tmp_path / "in", files), tmp_path / "out"
    arguments: list[str | Path] = [source, "--output", output, "--exercises", course / "exercises"]
    arguments += ["--jobs", "1", "--device", "cpu"]
    result = batch(*arguments)
    assert result.exception is None and result.return_value == 0, result.output
    with Gradebook(output) as book:
        rows = {row.student: row for row in book.rows()}
    assert {who: row.status for who, row in rows.items()} == {
        "right": "passed",
        "wrong": "failed",
        "crash": "crashed",
        "exits": "killed",
        "other": "ungradable",
    }
    assert rows["right"].score == 10 and [check.status for check in rows["wrong"].checks][:2] == ["passed", "failed"]
    assert rows["wrong"].findings and not rows["right"].findings
    assert "5 submissions, 0 to grade." in batch(*arguments).output
    with Gradebook(output) as book:
        book.record(rows["right"].key, verdict(Status.FAILED, LINE), version=__version__, exercise_hash="before")
    said = batch(*arguments).output
    assert "5 submissions, 1 to grade (1 the exercise changed)." in said
    assert f"1 score changed:\nright, {LINE}, attempt 1: 1 -> 10 (failed -> passed)" in said


@pytest.mark.kernel
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_ctrl_c_says_how_to_go_on_and_leaves_no_kernel(tmp_path: Path, course: Path) -> None:
    files = {f"s{n}/01/nb.ipynb": with_cell(f"import time; time.sleep({0 if n == 0 else 19})") for n in range(4)}
    arguments = [folder(tmp_path / "in", files), "--output", tmp_path / "out", "--exercises", course / "exercises"]
    run = "from grader.commands.batch import command; raise SystemExit(command.main(standalone_mode=False))"
    command = [sys.executable, "-c", run, *map(str, arguments), "--jobs", "1"]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)

    def graded() -> int:
        with Gradebook(tmp_path / "out") as book:
            return sum(bool(row.status) for row in book.rows())

    wait_until(lambda: (tmp_path / "out/gradebook.db").exists() and graded() >= 1, 90)
    time.sleep(2)  # the next one is running
    os.killpg(running.pid, signal.SIGINT)
    _, said = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "Stopped. 1 of 4 submissions are in the gradebook.\nRun the same command again to go on." in said
    wait_until_gone(running.pid)
