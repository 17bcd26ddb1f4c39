"""batch: grades a class; a row in the gradebook for each submission.

The command reads the arguments and calls one module of `grader.classroom` after the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.commands import options
from grader.commands.exits import INTERRUPTED, OK, OUR_FAULT
from grader.course.catalogue import course_folder, exercises, find
from grader.course.settings import read_settings
from grader.kernels import Walls
from grader.model import Device, Exercise, Reveal, Status, Verdict
from grader.words import plural

if TYPE_CHECKING:
    from grader.classroom.loop import Engine

FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("submissions", type=click.Path(exists=True, path_type=Path))
@click.option("--output", type=FOLDER, required=True, help="Folder of the gradebook; created if missing.")
@click.option("--jobs", type=click.IntRange(min=1), help="Notebooks at a time [default: by cores and memory].")
@click.option("--cluster", metavar="ADDRESS", help="Grade on a Dask cluster: its scheduler's tcp://HOST:8786.")
@click.option("--regrade", multiple=True, metavar="WHAT", help="Grade again: a student, an exercise, or all.")
@click.option(
    "--exercise",
    "assigned",
    multiple=True,
    metavar="[NAME=]EXERCISE",
    help="Which exercise it is, where a notebook doesn't name one: 01 for everything, or 'hw 1.zip=01' for what is in "
    "that archive or folder. Can be repeated.",
)
@click.option(
    "--students", type=FILE, help="Who is enrolled: ids, names, sections [default: students.csv in SUBMISSIONS]."
)
@click.option(
    "--roster",
    type=FILE,
    help="Gradebook exported from Canvas: who is enrolled, and the table to fill with the scores.",
)
@click.option("--title", help="Title of the class page [default: course.toml's, or the name of --output].")
@options.device
@options.kernel
@options.sandbox
@options.reveal
@options.course
def command(
    submissions: Path,
    output: Path,
    jobs: int | None,
    cluster: str | None,
    regrade: tuple[str, ...],
    assigned: tuple[str, ...],
    students: Path | None,
    roster: Path | None,
    title: str | None,
    device: Device,
    kernel: str,
    sandbox: Walls,
    reveal: Reveal | None,
    course: Path | None,
) -> int:
    """Grade a class: every notebook in a folder or a zip.

    SUBMISSIONS can be folders of students or exercises, flat files, or a download from Canvas, Moodle, Gradescope,
    GitHub Classroom or nbgrader. Run the command again to continue where it stopped, or to grade new submissions.
    --reveal is for the feedback: the class page and the gradebook always have the lines.
    """
    from rich.console import Console

    from grader import __version__
    from grader.classroom.batch import (
        Course,
        alone_in,
        changes,
        check_regrade,
        grade_rows,
        private,
        read_submissions,
        take_submissions,
        to_grade,
        why,
    )
    from grader.classroom.feedback import as_shown, keep_results, number_attempts
    from grader.classroom.outputs import ALWAYS, write_others, write_outputs
    from grader.classroom.pipeline import Pipeline, exercise_hash
    from grader.classroom.showing import count_in_words, missing_modules, nothing_at_all
    from grader.classroom.watching import BatchDisplay
    from grader.report import render

    folder = course or course_folder()
    listed = exercises(folder)
    known = Course(listed, {exercise.id: exercise_hash(exercise) for exercise in listed}, __version__)
    console = Console(stderr=True, highlight=False)

    attempts: dict[str, int] = {}
    by_id = {exercise.id: exercise for exercise in listed}

    def keep(key: str, verdict: Verdict) -> None:
        shown = as_shown(verdict, by_id.get(verdict.exercise), attempts.get(key, 1), reveal)
        keep_results(output, key, shown, render)

    settings = read_settings(folder)
    archives = {name: planned.id for planned in settings.exercises for name in planned.archives}
    tables = [table for table in (students, roster) if table]
    with private(output), alone_in(output), ExitStack() as closing:
        intake = read_submissions(submissions, output, known, tables, archives | _assigned(assigned, folder))
        gradebook = closing.enter_context(take_submissions(intake, output, known, keep))
        gradebook.plan(settings)
        if title or settings.title:
            gradebook.call(title or settings.title)
        if gradebook.notice:
            console.print(gradebook.notice, markup=False)
        rows = gradebook.rows()
        attempts |= number_attempts(rows)
        check_regrade(rows, known, regrade)
        todo = to_grade(rows, known, regrade)
        reasons = Counter(why(row, known, regrade) for row in todo)
        because = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
        console.print(
            f"{len(rows)} submissions, {len(todo)} to grade{f' ({because})' if because else ''}.", markup=False
        )
        findings = None if cluster else output / f".findings-{__version__}.db"
        pipeline = Pipeline(folder, gradebook.seed, device, kernel, sandbox, findings)
        stopped = False
        with BatchDisplay(len(todo), console) as display:
            try:
                grade_rows(gradebook, todo, known, pipeline, _engine(cluster, jobs, listed, len(todo)), display, keep)
            except KeyboardInterrupt:
                stopped = True
        if stopped:
            waiting = len(to_grade(gradebook.rows(), known))
            console.print(f"Stopped. {len(rows) - waiting} of {len(rows)} submissions are in the gradebook.")
            console.print("Run the same command again to go on.")
            return INTERRUPTED
        said = [
            *write_outputs(gradebook, [*ALWAYS, "canvas"] if roster else ALWAYS, roster),
            *write_others(output, intake),
        ]
        graded = gradebook.rows()
        counts = Counter(row.status for row in graded)
        changed = changes(todo, graded)
        missing = nothing_at_all(gradebook.everybody())
    click.echo(count_in_words(counts))
    if missing:
        click.echo(f"{plural(len(missing), 'student')} submitted nothing: `gradebook {output} show --nothing`.")
    if any(row.status for row in todo):
        click.echo(f"{plural(len(changed), 'score')} changed{':' if changed else '.'}")
    if modules := missing_modules(graded):
        click.echo(f"{modules} That is not the students' mistake: docs/classroom.md says how to add one.")
    for sentence in [*changed, *said]:
        click.echo(sentence)
    return OUR_FAULT if counts[Status.ERROR] else OK


def _assigned(given: Sequence[str], course: Path) -> dict[str, str]:
    """ "hw 1.zip=01" -> that archive's exercise; "01" -> everything's."""
    pairs = (each.rpartition("=") for each in given)
    return {name: find(exercise, course).id for name, _, exercise in pairs}


def _engine(cluster: str | None, jobs: int | None, exercises: Sequence[Exercise], most: int) -> Callable[[], Engine]:
    if cluster:
        from grader.classroom.cluster import Cluster

        return partial(Cluster, cluster, exercises, jobs)
    from grader.classroom.workers import LocalProcesses, default_jobs

    return partial(LocalProcesses, min(jobs or default_jobs(), max(1, most)))
