"""Finds whom a comment is for: one student, or everybody in whose work the same finding or the same code is.

A comment is written once. Whom it reaches is asked each time, so that it also reaches who submits later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from grader.classroom.alike import shape_of, shapes_in
from grader.classroom.gradebook.rows import Comment, Row
from grader.course.notebook import parse
from grader.model.errors import UngradableError


def add_comments(rows: Iterable[Row], comments: Sequence[Comment], notebooks: Path) -> list[Row]:
    """The rows, those that count with the comments on their work; `notebooks` is where the gradebook keeps them."""
    return [replace(row, comments=_for(row, comments, notebooks)) if comments and row.counts else row for row in rows]


def _for(row: Row, comments: Sequence[Comment], notebooks: Path) -> tuple[str, ...]:
    own = [comment for comment in comments if comment.exercise == row.exercise]
    shapes = _shapes(notebooks / f"{row.sha256}.ipynb") if any(one.about == "line" for one in own) else set()
    return tuple(comment.text for comment in own if _reaches(comment, row, shapes))


def _reaches(comment: Comment, row: Row, shapes: set[str]) -> bool:
    if comment.about == "student":
        return comment.value == row.student
    if comment.about == "finding":
        return any(finding.code == comment.value for finding in row.findings)
    return shape_of(comment.value) in shapes


def _shapes(notebook: Path) -> set[str]:
    with suppress(UngradableError, OSError):
        return shapes_in(parse(notebook.read_bytes()).cells)
    return set()
