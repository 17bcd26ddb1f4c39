"""Writes what people and other programs open: each output reports in a sentence what it wrote where."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from grader.classroom.exports.table import gradebook_csv
from grader.classroom.feedback import ENDINGS, RESULTS, folder_names, hand_back
from grader.classroom.gradebook import Gradebook, Row
from grader.classroom.intake import Intake
from grader.course.files import write_whole
from grader.model.errors import GraderError
from grader.words import plural

ANONYMOUS, ANONYMOUS_PAGE = "anonymous-page", "class-anonymous.html"
TABLE, PAGE, CANVAS, OTHERS = "gradebook.csv", "class.html", "canvas-import.csv", "other-files.csv"


def write_outputs(gradebook: Gradebook, names: Collection[str], roster: Path | None = None) -> list[str]:
    """Write the outputs of these names; `roster` is Canvas' own export, which `canvas` fills."""
    rows = gradebook.everybody()
    return [sentence for name in names for sentence in OUTPUTS[name](gradebook, rows, roster)]


def write_others(folder: Path, intake: Intake) -> list[str]:
    """Write what lay among the submissions and is none, and say what a person should look at."""
    from grader.classroom.exports.others import about_files, others_csv

    write_whole(folder / OTHERS, "\ufeff" + others_csv(intake.others))
    return list(about_files(intake, str(folder / OTHERS)))


def _table(gradebook: Gradebook, rows: Sequence[Row], _roster: Path | None) -> Iterator[str]:
    file = gradebook.folder / TABLE
    write_whole(file, "\ufeff" + gradebook_csv(rows, gradebook.check_order()))  # the mark makes Excel read UTF-8
    yield f"{file}: a row for each submission, and for everybody enrolled without one."


def _page(gradebook: Gradebook, rows: Sequence[Row], _roster: Path | None, anonymous: bool = False) -> Iterator[str]:
    from grader.classroom.page import class_page

    file = gradebook.folder / (ANONYMOUS_PAGE if anonymous else PAGE)
    write_whole(
        file,
        class_page(
            rows,
            gradebook.check_order(),
            title=gradebook.title,
            made=datetime.now(),
            settings=gradebook.settings,
            anonymous=anonymous,
        ),
    )
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
    names = folder_names({row.student for row in rows if row.student})
    scored = [row for row in rows if row.has_score]
    for row in scored:
        results = json.loads(_kept(gradebook, row, "gradescope") or "{}")
        results["score"] = row.score
        said = [row.override.comment if row.override else "", *row.comments, results.get("output", "")]
        results["output"] = "\n\n".join(filter(None, said))
        text = json.dumps(results, ensure_ascii=False, indent=2)
        write_whole(target / names[row.student] / row.exercise / "results.json", text)
    yield f"{target}: results.json for {plural(len(scored), 'score')}."


def _junit(gradebook: Gradebook, rows: Sequence[Row], _roster: Path | None) -> Iterator[str]:
    target = gradebook.folder / "junit"
    names = folder_names({row.student for row in rows if row.student})
    kept = [(row, text) for row in rows if row.counts and (text := _kept(gradebook, row, "junit"))]
    for row, text in kept:
        write_whole(target / f"{names[row.student]}.{row.exercise}.xml", text)
    yield f"{target}: JUnit files for {len(kept)} notebooks."


def _kept(gradebook: Gradebook, row: Row, form: str) -> str:
    """What was rendered when the attempt was graded; "" where there is none."""
    file = gradebook.folder / RESULTS / f"{row.key}{ENDINGS[form]}"
    return file.read_text("utf-8") if row.key and file.is_file() else ""


OUTPUTS: dict[str, Callable[[Gradebook, Sequence[Row], Path | None], Iterator[str]]] = {
    "csv": _table,
    "page": _page,
    ANONYMOUS: partial(_page, anonymous=True),
    "feedback": _feedback,
    "canvas": _canvas,
    "gradescope": _gradescope,
    "junit": _junit,
}
ALWAYS = ("csv", "page", "feedback")
