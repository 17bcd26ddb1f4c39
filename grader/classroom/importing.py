"""Reads a table of scores and comments that people wrote, all of it or, where a line is wrong, nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from grader.classroom.intake.students import read_table
from grader.classroom.intake.text import clean
from grader.model.errors import GraderError

COLUMNS = ("student", "exercise", "score", "comment")


@dataclass(frozen=True, slots=True)
class Judgement:
    """A line: a score, a comment, or a score with its reason."""

    student: str
    exercise: str
    score: float | None
    comment: str


def read_judgements(file: Path, student_of: Callable[[str], str], exercise_of: Callable[[str], str]) -> list[Judgement]:
    table, _ = read_table(file.read_bytes())
    header = [clean(name).lower() for name in table[0]] if table else []
    if not {"student", "exercise"} <= set(header) or not {"score", "comment"} & set(header):
        raise GraderError(
            f"{file} lacks columns: it has {', '.join(header) or 'none'}.",
            f"Call its columns {', '.join(COLUMNS)}; a score or a comment may be missing.",
        )
    read = []
    for number, line in enumerate(table[1:], start=2):
        cells = {name: cell.strip() for name, cell in zip(header, line, strict=False)}
        try:
            score = _score(cells.get("score", ""))
            student, exercise = student_of(cells["student"]), exercise_of(cells["exercise"])
        except GraderError as error:
            problem = f"{file}, line {number}: {error.message}"
            raise GraderError(problem, f"{error.next_step} Nothing was imported.") from None
        if score is not None or cells.get("comment"):
            read.append(Judgement(student, exercise, score, cells.get("comment", "")))
    return read


def _score(text: str) -> float | None:
    if not text:
        return None
    try:
        score = float(text.replace(",", "."))
    except ValueError:
        score = -1.0
    if not 0 <= score < float("inf"):
        raise GraderError(f"{text} is no score.", "Write a number from 0.")
    return score
