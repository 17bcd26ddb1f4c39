"""check-all: every exercise's notebook graded, one line each."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from grader.commands import options
from grader.commands.exits import NOT_PASSED, OK
from grader.commands.working import working
from grader.course.catalogue import course_folder, exercises
from grader.course.following import next_exercise
from grader.course.notebook import read
from grader.kernels import Walls, open_source
from grader.model import Device, Status
from grader.model.errors import GraderError
from grader.words import out_of, plural


@click.command("check-all")
@options.device
@options.kernel
@options.sandbox
@options.course
def command(device: Device, kernel: str, sandbox: Walls, course: Path | None) -> int:
    """Grade all your notebooks, one line for each."""
    from grader.grading.grader import Grader
    from grader.report import words
    from grader.report.keep import keep

    folder = course or course_folder()
    listed = exercises(folder)
    source = open_source(kernel, sandbox, [folder.parent])
    if source.notice:
        click.echo(source.notice, err=True)
    passed = 0
    with closing(source), Grader(source, device) as grader, working() as say:
        for exercise in listed:
            say(f"{exercise.number} {exercise.title}")
            try:
                notebook = read(exercise.notebook)
                kept = keep(exercise, notebook, grader.grade(exercise, notebook, progress=say))
            except GraderError as error:
                click.echo(f" ! {exercise.number}  {exercise.title}: {error.message}")
                continue
            verdict = kept.verdict
            passed += verdict.status is Status.PASSED
            sign = "✓" if verdict.status is Status.PASSED else "✗"
            score = out_of(verdict.score, verdict.max_score)
            click.echo(f" {sign} {exercise.number}  {exercise.title:<30} {score:>8}  {words.STATUS[verdict.status]}")
    click.echo(f"{passed} of {plural(len(listed), 'exercise')} passed.")
    if (following := next_exercise(folder)) is not None:
        click.echo(f"Next: `python -m grader watch {following.number}`.")
    return OK if passed == len(listed) else NOT_PASSED
