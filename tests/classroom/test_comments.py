"""A comment is written once and reaches everybody whom it is for; tables of scores are imported whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from grader.classroom.alike import shape_of, shapes_in
from grader.classroom.gradebook import NOTEBOOKS, Gradebook
from grader.commands.gradebook import command
from grader.model import Status

from .making import EXERCISES, exercise, folder, notebook, submission, verdict

ONE, TWO, _ = EXERCISES
CODE = {
    "ada": "scaled = hidden.numpy() * scale  # as in the lecture",
    "bob": "if True:\n    y = h.numpy()*k",
    "eve": "scaled = hidden * scale",
}


def gradebook(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, list(map(str, arguments)), standalone_mode=False)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """Three students, of whom two wrote the same line in other words; eve passed."""
    with Gradebook(tmp_path) as book:
        book.add_exercises([exercise(ONE), exercise(TWO)])
        for who, code in CODE.items():
            one = submission(who, name=TWO)
            book.add_submissions([one])
            folder(tmp_path / NOTEBOOKS, {f"{one.sha256}.ipynb": notebook(TWO, code)})
            status = Status.PASSED if who == "eve" else Status.FAILED
            book.record(one.key, verdict(status, TWO), version="1", exercise_hash="h")
    return tmp_path


def comments(output: Path) -> dict[str, tuple[str, ...]]:
    with Gradebook(output) as book:
        return {row.student: row.comments for row in book.everybody() if row.comments}


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("a = b.numpy() * c", "x = y.numpy()*z  # why", True),
        ("a = tf.abs(b)", "a = np.abs(b)", False),
        ("a = b + b", "a = b + c", False),
        ("def f(x): return x", "def g(y):\n    return y", True),
        ("%matplotlib  inline", "%matplotlib inline", True),
        ("a = abs(b)", "a = len(b)", False),
    ],
)
def test_what_is_alike(one: str, other: str, alike: bool) -> None:
    assert (shape_of(one) == shape_of(other)) is alike


def test_statements_inside_of_blocks_are_found() -> None:
    assert shape_of("a = b.c(d)") in shapes_in(["with t() as tape:\n    for x in y:\n        p = q.c(r)"])


def test_a_comment_on_a_line_reaches_everybody_with_the_same_code(output: Path) -> None:
    said = gradebook(output, "comment", "02", "See slide 7.", "--line", "x = y.numpy() * z")
    assert said.output.startswith(f"{TWO}: for 2 students now: ada, bob.")
    assert comments(output) == {"ada": ("See slide 7.",), "bob": ("See slide 7.",)}
    gradebook(output, "export", "feedback", "csv")
    assert (output / f"feedback/students/bob/{TWO}.comments.txt").read_text() == "See slide 7.\n"
    assert not (output / f"feedback/students/eve/{TWO}.comments.txt").exists()
    assert (output / "gradebook.csv").read_text("utf-8-sig").count("See slide 7.") == 2


def test_a_comment_on_a_finding_reaches_who_submits_later(output: Path) -> None:
    gradebook(output, "comment", "02", "Stay in TensorFlow.", "--finding", "grad002")
    late = submission("zoe", name=TWO)
    with Gradebook(output) as book:
        book.add_submissions([late])
        book.record(late.key, verdict(Status.FAILED, TWO), version="1", exercise_hash="h")
    assert comments(output).keys() == {"ada", "bob", "zoe"}


def test_a_comment_without_a_score_for_one_student(output: Path) -> None:
    gradebook(output, "comment", "02", "Well done.", "--student", "eve")
    assert comments(output) == {"eve": ("Well done.",)}
    assert "Well done." in gradebook(output, "show", "--student", "eve").output


def test_scores_and_comments_are_imported_from_a_table(output: Path) -> None:
    table = output / "judged.csv"
    table.write_text("Student;Exercise;Score;Comment\nada;2;7,5;oral\nbob;02;;Nearly.\neve;02;;\n", "utf-8")
    assert "1 score and 1 comment imported." in gradebook(output, "import", table, "--who", "mira").output
    assert comments(output) == {"bob": ("Nearly.",)}
    with Gradebook(output) as book:
        (row,) = (row for row in book.rows() if row.override)
    assert row.override and (row.student, row.score, row.override.comment) == ("ada", 7.5, "oral")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [("nobody;02;3;", "line 3: The gradebook has no student nobody"), ("bob;77;3;", "no exercise 77")]
    + [(f"bob;02;{score};", f"line 3: {score} is no score") for score in ("-1", "ten", "nan", "inf")],
)
def test_a_table_with_a_wrong_line_changes_nothing(output: Path, line: str, complaint: str) -> None:
    table = output / "judged.csv"
    table.write_text(f"student;exercise;score;comment\nada;02;7;\n{line}\n")
    assert complaint in str(gradebook(output, "import", table).exception)
    with Gradebook(output) as book:
        assert not [row for row in book.rows() if row.override]
