"""The classroom's commands: `batch` and the group `gradebook`. They read arguments, call one module after the other and
say what came of it; `batch.py` tells the story of a batch."""

from __future__ import annotations

import getpass
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import INTERRUPTED, OK, OUR_FAULT
from grader.commands import options
from grader.course.catalogue import course_folder, exercises
from grader.errors import GraderError
from grader.model import Exercise, Status, Verdict

if TYPE_CHECKING:
    from grader.classroom.gradebook import Gradebook
    from grader.classroom.loop import Engine

EVERY_STATUS = [str(status) for status in Status]
FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("submissions", type=click.Path(exists=True, path_type=Path))
@click.option("--output", type=FOLDER, required=True, help="Folder of the gradebook; it is made if it isn't there.")
@click.option("--jobs", type=click.IntRange(min=1), help="Notebooks at a time [default: what cores and memory allow].")
@click.option("--cluster", metavar="ADDRESS", help="Grade on a Dask cluster: tcp://HOST:8786 of its scheduler.")
@click.option("--regrade", multiple=True, metavar="WHAT", help="Grade again: a student, an exercise, or all.")
@click.option("--roster", type=FILE, help="Canvas' exported gradebook, to be filled with the scores.")
@click.option("--title", help="What the class is called on its page [default: the name of --output].")
@click.option("--students", type=FILE, help="Table of ids, names and sections [default: students.csv in SUBMISSIONS].")
@options.device
@options.kernel
@options.sandbox
@options.course
def batch(
    submissions: Path,
    output: Path,
    jobs: int | None,
    cluster: str | None,
    regrade: tuple[str, ...],
    roster: Path | None,
    title: str | None,
    students: Path | None,
    device: str,
    kernel: str,
    sandbox: str,
    course: Path | None,
) -> int:
    """Grade a class: every notebook in SUBMISSIONS, a folder or a zip.

    Folders of students or exercises, flat files, and the downloads of Canvas, Moodle and nbgrader are understood. Run
    it again to go on where it stopped, or to grade what was handed in since.
    """
    from rich.console import Console

    from grader import __version__
    from grader.classroom.batch import Course, alone_in, grade_rows, take_submissions, to_grade
    from grader.classroom.feedback import keep_results
    from grader.classroom.outputs import ALWAYS, write_outputs
    from grader.classroom.pipeline import Pipeline, exercise_hash
    from grader.classroom.watching import Progress
    from grader.report import render

    folder = course or course_folder()
    listed = exercises(folder)
    known = Course(listed, {exercise.id: exercise_hash(exercise) for exercise in listed}, __version__)
    console = Console(stderr=True, highlight=False)

    def keep(key: str, verdict: Verdict) -> None:
        keep_results(output, key, verdict, render)

    with alone_in(output), take_submissions(submissions, output, known, students, keep) as gradebook:
        if title:
            gradebook.call(title)
        if gradebook.notice:
            console.print(gradebook.notice, markup=False)
        rows = gradebook.rows()
        todo = to_grade(rows, known, regrade)
        console.print(f"{len(rows)} submissions, {len(todo)} to grade.")
        findings = None if cluster else output / f".findings-{__version__}.db"
        pipeline = Pipeline(folder, gradebook.seed, device, kernel, sandbox, findings)
        stopped = False
        with Progress(len(todo), console) as progress:
            try:
                grade_rows(gradebook, todo, known, pipeline, _engine(cluster, jobs, listed, len(todo)), progress, keep)
            except KeyboardInterrupt:
                stopped = True
        if stopped:
            waiting = len(to_grade(gradebook.rows(), known))
            console.print(f"Stopped. {len(rows) - waiting} of {len(rows)} submissions are in the gradebook.")
            console.print("Run the same command again to go on.")
            return INTERRUPTED
        said = write_outputs(gradebook, [*ALWAYS, "canvas"] if roster else ALWAYS, roster)
        counts = Counter(row.status for row in gradebook.rows())
    click.echo(_counted(counts))
    for sentence in said:
        click.echo(sentence)
    return OUR_FAULT if counts[Status.ERROR] else OK


def _engine(cluster: str | None, jobs: int | None, exercises: Sequence[Exercise], most: int) -> Callable[[], Engine]:
    if cluster:
        from grader.classroom.cluster import Cluster

        return partial(Cluster, cluster, exercises, jobs)
    from grader.classroom.workers import LocalProcesses, default_jobs

    return partial(LocalProcesses, min(jobs or default_jobs(), max(1, most)))


@click.group(invoke_without_command=True)
@click.argument("folder", type=FOLDER)
@click.pass_context
def gradebook(ctx: click.Context, folder: Path) -> None:
    """Look into the gradebook in FOLDER, set scores by hand, make the tables again."""
    from grader.classroom.gradebook import Gradebook

    ctx.obj = ctx.with_resource(Gradebook(folder, create=False))
    if ctx.invoked_subcommand is None:
        ctx.invoke(show)


@gradebook.command()
@click.option("--student", help="Only this student: an id, or part of a name.")
@click.option("--exercise", help="Only this exercise: an id, or its number.")
@click.option("--section", help="Only this section.")
@click.option("--status", type=click.Choice([*EVERY_STATUS, "waiting"]), help="Only what ended so.")
@click.option("--code", help="Only notebooks with this finding: GRAD002.")
@click.option("--overridden", is_flag=True, help="Only scores set by hand.")
@click.option("--attempts", is_flag=True, help="All attempts, not only those that count.")
@click.option("--format", "form", type=click.Choice(["text", "csv"]), default="text", show_default=True)
@click.pass_obj
def show(
    book: Gradebook,
    student: str | None,
    exercise: str | None,
    section: str | None,
    status: str | None,
    code: str | None,
    overridden: bool,
    attempts: bool,
    form: str,
) -> None:
    """List what was handed in and what became of it."""
    from grader.classroom.showing import Query, details, listing

    query = Query(student, exercise, section, status, code, overridden, attempts)
    rows = query.choose(book.rows())
    if form == "csv":
        from grader.classroom.exports.table import gradebook_csv

        click.echo(gradebook_csv(rows, book.check_order()), nl=False)
    elif len(rows) == 1 and student:
        click.echo(details(rows[0], book.history(rows[0].student, rows[0].exercise)))
    else:
        click.echo(listing(rows, shutil.get_terminal_size().columns))
    click.echo(_counted(Counter(row.status for row in rows)), err=True)


@gradebook.command()
@click.argument("student")
@click.argument("exercise")
@click.argument("score", type=click.FloatRange(min=0), required=False)
@click.option("--comment", default="", help="Why; the student reads it.")
@click.option("--who", default=getpass.getuser, help="Who decides [default: you].")
@click.option("--withdraw", is_flag=True, help="Go back to the grader's own score.")
@click.pass_obj
def override(
    book: Gradebook, student: str, exercise: str, score: float | None, comment: str, who: str, withdraw: bool
) -> None:
    """Set a SCORE by hand. It stays when the notebook is graded again, and every change is kept."""
    if (score is None) != withdraw:
        raise click.UsageError("Give a SCORE, or --withdraw to go back to the grader's own.")
    rows = book.rows()
    found = _one(exercise, sorted({row.exercise for row in rows if row.exercise}))
    book.override(student, found, score, comment, who)
    row = next((row for row in book.rows() if row.counts and (row.student, row.exercise) == (student, found)), None)
    if row is None:
        click.echo(f"{student} has handed in nothing for {found}; the score is kept for when that changes.")
        return
    said = "the grader's own score again" if withdraw else f"set by {who}, the grader's own is {row.graded_score:g}"
    click.echo(f"{student}, {found}: {row.score:g} of {row.max_score:g} points, {said}.")
    click.echo("`export` writes the tables again.")


@gradebook.command()
@click.argument("what", nargs=-1, type=click.Choice(["csv", "page", "feedback", "canvas", "gradescope", "junit"]))
@click.option("--roster", type=FILE, help="Canvas' exported gradebook, to be filled with the scores.")
@click.option("--title", help="Of the class page.")
@click.pass_obj
def export(book: Gradebook, what: Sequence[str], roster: Path | None, title: str | None) -> None:
    """Write the outputs again [default: csv, page and feedback; canvas too with --roster]."""
    from grader.classroom.outputs import ALWAYS, write_outputs

    if title:
        book.call(title)
    for sentence in write_outputs(book, what or [*ALWAYS, *(["canvas"] if roster else [])], roster):
        click.echo(sentence)


def _one(name: str, ids: Sequence[str]) -> str:
    """The exercise meant by an id or a number."""
    matching = [one for one in ids if name in (one, one.partition("_")[0])]
    matching = matching or [one for one in ids if name.lstrip("0") == one.partition("_")[0].lstrip("0")]
    if len(matching) == 1:
        return matching[0]
    raise GraderError(f"The gradebook has no exercise {name}.", f"It has {', '.join(ids) or 'none'}.")


def _counted(counts: Counter[str]) -> str:
    named = [f"{count} {name.replace('_', ' ') or 'waiting'}" for name, count in counts.most_common()]
    what = "submission" if counts.total() == 1 else "submissions"
    return f"{counts.total()} {what}: {', '.join(named)}." if named else "No submissions."
