"""Writes what people and other programs open: each output reports in a sentence what it wrote where."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from grader.classroom.exports.table import gradebook_csv
from grader.classroom.feedback import ENDINGS, RESULTS, folder_names, hand_back
from grader.classroom.gradebook import Gradebook, Row
from grader.course.files import write_whole
from grader.model.errors import GraderError

TABLE, PAGE, CANVAS = "gradebook.csv", "class.html", "canvas-import.csv"


def write_outputs(gradebook: Gradebook, names: Collection[str], roster: Path | None = None) -> list[str]:
    """Write the outputs of these names; `roster` is Canvas' own export, which `canvas` fills."""
    rows = gradebook.rows()
    return [sentence for name in names for sentence in OUTPUTS[name](gradebook, rows, roster)]


def _table(gradebook: Gradebook, rows: Sequence[Row], _roster: Path | None) -> Iterator[str]:
    file = gradebook.folder / TABLE
    write_whole(file, "\ufeff" + gradebook_csv(rows, gradebook.check_order()))  # the mark makes Excel read UTF-8
    yield f"{file}: a row for each submission."


def _page(gradebook: Gradebook, rows: Sequence[Row], _roster: Path | None) -> Iterator[str]:
    from grader.classroom.page import class_page

    file = gradebook.folder / PAGE
    write_whole(file, class_page(rows, gradebook.check_order(), title=gradebook.title, made=datetime.now()))
    yield f"{file}: the class at a glance."


def _feedback(gradebook: Gradebook, rows: Sequence[Row], _roster: Path | None) -> Iterator[str]:
    archives = hand_back(gradebook.folder, rows)
    if archives:
        names = ", ".join(archive.name for archive in archives)
        yield f"{archives[0].parent}: a folder for each student; to return: {names}."


def _canvas(gradebook: Gradebook, rows: Sequence[Row], roster: Path | None) -> Iterator[str]:
    from grader.classroom.exports.canvas import merge

    if roster is None:
        raise GraderError("Canvas' own exported gradebook is needed.", "Give it with --roster FILE.csv.")
    try:
        merged = merge(roster.read_bytes(), rows)
    except OSError as error:
        raise GraderError(f"{roster} can't be read: {error.strerror}.", "Check the path.") from None
    file = gradebook.folder / CANVAS
    write_whole(file, merged.text)
    yield f"{file}: to import into Canvas. {' '.join(merged.notes)}"


def _gradescope(gradebook: Gradebook, rows: Sequence[Row], _roster: Path | None) -> Iterator[str]:
    target = gradebook.folder / "gradescope"
    kept = list(_kept(gradebook, rows, "gradescope"))
    for row, student, text in kept:
        results = {**json.loads(text), "score": row.score}
        write_whole(target / student / row.exercise / "results.json", json.dumps(results, ensure_ascii=False, indent=2))
    yield f"{target}: results.json for {len(kept)} notebooks."


def _junit(gradebook: Gradebook, rows: Sequence[Row], _roster: Path | None) -> Iterator[str]:
    target = gradebook.folder / "junit"
    kept = list(_kept(gradebook, rows, "junit"))
    for row, student, text in kept:
        write_whole(target / f"{student}.{row.exercise}.xml", text)
    yield f"{target}: JUnit files for {len(kept)} notebooks."


def _kept(gradebook: Gradebook, rows: Sequence[Row], form: str) -> Iterator[tuple[Row, str, str]]:
    """The attempts that count, the student's folder name, and what was rendered when they were graded."""
    names = folder_names({row.student for row in rows if row.student})
    for row in rows:
        file = gradebook.folder / RESULTS / f"{row.key}{ENDINGS[form]}"
        if row.counts and file.is_file():
            yield row, names[row.student], file.read_text("utf-8")


OUTPUTS: dict[str, Callable[[Gradebook, Sequence[Row], Path | None], Iterator[str]]] = {
    "csv": _table,
    "page": _page,
    "feedback": _feedback,
    "canvas": _canvas,
    "gradescope": _gradescope,
    "junit": _junit,
}
ALWAYS = ("csv", "page", "feedback")
