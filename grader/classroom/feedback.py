"""The feedback to hand back: a folder for each student, and archives named as each platform expects.

Each attempt's report and results are kept under the attempt's key in `results/`, as its student may see them: without
what is held back. What is handed back is put together from the attempts that count: a student's folder holds that
student's files and nothing else.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from grader.classroom.gradebook.rows import NOT_SUBMITTED, Row
from grader.course.files import make_zip, write_whole
from grader.course.progress import Standing
from grader.course.reveal import hold_back
from grader.model import Exercise, Notes, Reveal, Verdict
from grader.words import number, points, score_in_words

RESULTS, FEEDBACK = "results", "feedback"
ENDINGS = {"html": ".html", "json": ".json", "junit": ".junit.xml", "gradescope": ".gradescope.json"}
TAKING_BACK = frozenset({"canvas", "moodle", "nbgrader"})  # platforms that take files back under names of their own
HANDED_BACK = (".html", ".json")

Render = Callable[[Verdict, Notes, str], str]


def keep_results(folder: Path, key: str, verdict: Verdict, render: Render) -> None:
    """The single grader's report and results, for people and for other programs."""
    for form, ending in ENDINGS.items():
        write_whole(folder / RESULTS / f"{key}{ending}", render(verdict, Notes(), form))


def as_shown(verdict: Verdict, exercise: Exercise | None, attempt: int, reveal: Reveal | None = None) -> Verdict:
    """The verdict as its student may see it; see grader.course.reveal. `attempt`: which of the student's different
    submissions for the exercise it is. Whether scores rose between them is not asked: a class is graded in any order.
    """
    return hold_back(exercise, Standing(stuck=attempt), verdict, reveal) if exercise else verdict


def number_attempts(rows: Iterable[Row]) -> dict[str, int]:
    """For the key of each row, which of the student's different submissions for the exercise it is."""
    seen: dict[tuple[str, str], set[str]] = defaultdict(set)
    numbers = {}
    for row in sorted(rows, key=lambda row: row.attempt):
        if not row.reason:
            seen[row.student, row.exercise].add(row.sha256)
        numbers[row.key] = len(seen[row.student, row.exercise])
    return numbers


def hand_back(folder: Path, rows: Iterable[Row]) -> list[Path]:
    """Fill `feedback/` anew from the attempts that count; the archives that can be given to a platform are returned."""
    target = folder / FEEDBACK
    shutil.rmtree(target, ignore_errors=True)
    counting = [row for row in rows if row.counts and row.status]
    names = folder_names({row.student for row in counting})
    archives: dict[Path, dict[str, bytes]] = defaultdict(dict)
    for row in counting:
        for ending, content in _files(folder / RESULTS, row):
            own = target / "students" / names[row.student] / f"{row.exercise}{ending}"
            own.parent.mkdir(parents=True, exist_ok=True)
            own.write_bytes(content)
            archives[target / _archive(row)][_inside(row, names[row.student]) + ending] = content
    for archive, files in archives.items():
        write_whole(archive, make_zip(files))
    return sorted(archives)


def _files(results: Path, row: Row) -> Iterator[tuple[str, bytes]]:
    for ending in HANDED_BACK:
        file = results / f"{row.key}{ending}"
        if row.key and file.is_file():
            yield ending, file.read_bytes()
    if row.override:
        when = f"{row.override.made:%Y-%m-%d}"
        comment = f"\n{row.override.comment}" if row.override.comment else ""
        score = score_in_words(row.override.score, row.max_score)
        yield ".score.txt", f"{score}, set by {row.override.who} on {when}.{comment}\n".encode()
    elif row.penalty:
        yield ".score.txt", f"{score_in_words(row.score, row.max_score)}. {late_in_words(row)}\n".encode()
    elif row.status == NOT_SUBMITTED:
        yield ".score.txt", f"There is no submission for {row.title or row.exercise}.\n".encode()
    if row.comments:
        yield ".comments.txt", ("\n\n".join(row.comments) + "\n").encode()


def late_in_words(row: Row) -> str:
    days = f"{number(row.days_late)} {'day' if row.days_late == 1 else 'days'}"
    return f"Submitted {days} late, which takes {points(row.penalty)} of the {points(row.graded_score)} points."


def _archive(row: Row) -> str:
    """Canvas and Moodle take one archive for each assignment, and know students by names that each of them made."""
    if row.platform == "nbgrader":
        return "nbgrader.zip"
    return f"{row.platform}-{row.exercise}.zip" if row.platform in TAKING_BACK else "students.zip"


def _inside(row: Row, student_folder: str) -> str:
    if row.platform not in TAKING_BACK:
        return f"{student_folder}/{row.exercise}"
    inner = "/".join(_plain(part) for part in PurePosixPath(row.hand_back).parts if part not in ("/", "..", "."))
    return f"feedback/{inner}" if row.platform == "nbgrader" else inner


def folder_names(students: Iterable[str]) -> Mapping[str, str]:
    """A folder for each student that every system can make, and that no two share where "Ada" is "ada"."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for student in sorted(students):
        name = _plain(student)
        if name != student or name.casefold() in taken:
            name = f"{name}-{hashlib.sha256(student.encode()).hexdigest()[:6]}"
        taken.add(name.casefold())
        names[student] = name
    return names


def _plain(name: str) -> str:
    return re.sub(r"[^\w .@+(),-]", "_", name).strip(" .")[:150] or "unnamed"
