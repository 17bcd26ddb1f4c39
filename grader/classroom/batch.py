"""Grades a folder or zip of submissions into a gradebook; run again, it goes on where it stopped.

Each finished grading is in the gradebook before the next one is looked at, so killing this at any moment costs at most
the notebooks that were running. What to grade is never remembered but asked each time: whatever has no verdict by this
version of the grader on this version of the exercise.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from grader.classroom.gradebook import NOTEBOOKS, Gradebook, Row
from grader.classroom.intake import Assigned, Intake, take_in
from grader.classroom.loop import Engine, Grade, Job, Watcher, grade_all, not_graded
from grader.model import Exercise, Status, Verdict, number_of
from grader.model.errors import GraderError
from grader.words import did_you_mean, points

Keep = Callable[[str, Verdict], None]


def keep_nothing(_key: str, _verdict: Verdict) -> None:
    """For batches of which only the gradebook is wanted."""


@dataclass(frozen=True, slots=True)
class Course:
    """What a batch must know of the exercises, and of the grader that grades them."""

    exercises: Sequence[Exercise]
    hashes: Mapping[str, str]  # exercise id -> changes when the exercise does
    version: str  # of the grader

    def graded_by_this(self, row: Row) -> bool:
        return row.grader_version == self.version and row.exercise_hash == self.hashes.get(row.exercise, "")


def read_submissions(
    source: Path, output: Path, course: Course, tables: Collection[Path] = (), assigned: Assigned | None = None
) -> Intake:
    """Everything in `source`, with the notebooks copied to `output`."""
    ids = [exercise.id for exercise in course.exercises]
    intake = take_in(source, output / NOTEBOOKS, ids, tables=tables, assigned=assigned, exclude=[output])
    if not intake.submissions:
        raise GraderError(f"There are no submissions in {source}.", "Give the folder or zip that holds the notebooks.")
    return intake


def take_submissions(intake: Intake, output: Path, course: Course, keep: Keep = keep_nothing) -> Gradebook:
    """The gradebook in `output`, with everything noted in it and a verdict on all that was refused."""
    gradebook = Gradebook(output)
    gradebook.add_exercises(course.exercises)
    if intake.people:
        gradebook.enrol(intake.people.students)
    gradebook.add_submissions(intake.submissions)
    for row in gradebook.rows():
        if row.reason and not (row.status and course.graded_by_this(row)):
            verdict = refusal(row)
            keep(row.key, verdict)
            record(gradebook, row.key, verdict, course)
    return gradebook


def to_grade(rows: Sequence[Row], course: Course, regrade: Collection[str] = ()) -> list[Row]:
    """What has no verdict yet, has one that is out of date or our own failure, or is asked for again."""
    return [row for row in rows if not row.reason and row.exercise in course.hashes and why(row, course, regrade)]


def why(row: Row, course: Course, regrade: Collection[str] = ()) -> str:
    """Why a row is graded now; "" where it is not."""
    if not row.status:
        return "new"
    if row.status == Status.ERROR:
        return "internal error last time"
    if row.exercise_hash != course.hashes.get(row.exercise, ""):
        return "the exercise changed"
    if row.grader_version != course.version:
        return f"graded by version {row.grader_version} of the grader"
    return "asked for" if _asked(row, regrade) else ""


def check_regrade(rows: Sequence[Row], course: Course, regrade: Collection[str]) -> None:
    """Raise GraderError where there is nothing to which one of these words could refer."""
    known = {"all"} | {row.student for row in rows}
    known |= {name for exercise in course.hashes for name in (exercise, number_of(exercise))}
    for word in regrade:
        if word not in known:
            raise GraderError(
                f"--regrade {word}: there is no such student or exercise{did_you_mean(word, known)}.",
                "Give a student's id as `gradebook DIR show` lists it, an exercise's number, or all.",
            )


def changes(before: Sequence[Row], after: Sequence[Row]) -> list[str]:
    """Whose score another grading changed, from what to what."""
    old = {row.key: row for row in before if row.status}
    pairs = [(old[row.key], row) for row in after if row.key in old]
    return [
        f"{new.name or new.student}, {new.exercise}, attempt {new.attempt}: "
        f"{points(was.graded_score)} -> {points(new.graded_score)} ({was.status} -> {new.status})"
        for was, new in pairs
        if (was.status, was.graded_score) != (new.status, new.graded_score)
    ]


def grade_rows(
    gradebook: Gradebook,
    rows: Sequence[Row],
    course: Course,
    grade: Grade,
    open_engine: Callable[[], Engine],
    watcher: Watcher,
    keep: Keep = keep_nothing,
) -> None:
    """Grade the rows. `keep` gets each attempt's key and verdict before the gradebook does."""
    jobs = [
        Job(
            row.key,
            row.exercise,
            gradebook.folder / NOTEBOOKS / f"{row.sha256}.ipynb",
            f"{row.student}, {row.exercise}",
        )
        for row in rows
    ]

    def done(job: Job, verdict: Verdict) -> None:
        keep(job.key, verdict)
        record(gradebook, job.key, verdict, course)

    grade_all(jobs, grade, open_engine, done, watcher)


def record(gradebook: Gradebook, key: str, verdict: Verdict, course: Course) -> None:
    gradebook.record(key, verdict, version=course.version, exercise_hash=course.hashes.get(verdict.exercise, ""))


def refusal(row: Row) -> Verdict:
    """The verdict on what intake could not accept."""
    again = "Submit the notebook itself, the file that ends in .ipynb."
    step = again if row.student else "Put it into a folder with the student's id."
    return not_graded(row.exercise, Status.UNGRADABLE, f"Not graded: {row.reason}.", step, row.sha256)


@contextmanager
def private(folder: Path) -> Iterator[None]:
    """Keep a folder with names and scores, and what is written while this lasts, for its owner alone."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def alone_in(output: Path) -> Iterator[None]:
    """Let no second batch write to the same folder. The lock is SQLite's, which the system frees when we die."""
    output.mkdir(parents=True, exist_ok=True)
    lock = sqlite3.connect(output / ".batch.lock", timeout=0, isolation_level=None)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        lock.close()
        raise GraderError(
            f"Another batch is writing to {output}.", "Wait until it has ended, or choose another --output."
        ) from None
    try:
        yield
    finally:
        lock.close()


def _asked(row: Row, regrade: Collection[str]) -> bool:
    return bool({"all", row.student, row.exercise, number_of(row.exercise)} & set(regrade))
