"""grade: the verdict on one notebook."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader import report
from grader.commands import options
from grader.commands.exits import CANNOT_GRADE, NOT_PASSED, OK, OUR_FAULT, complain
from grader.commands.working import NOTEBOOK, working, working_in_lines
from grader.course.catalogue import find
from grader.course.notebook import read
from grader.course.progress import Progress
from grader.course.shipped import is_outdated
from grader.kernels import KernelSource, Walls, open_source
from grader.model import Device, Exercise, Limits, Notes, Reveal, Status
from grader.model.errors import GraderError

if TYPE_CHECKING:
    from grader.report.keep import Kept

OUTDATED = "The grader has a newer version of {exercise}; `gradient-clinic start` says what becomes of your notebook."
EXIT_CODES = {Status.PASSED: OK, Status.UNGRADABLE: CANNOT_GRADE, Status.ERROR: OUR_FAULT}


@click.command()
@options.exercise
@click.option("--notebook", type=click.Path(path_type=Path), help="Grade this notebook instead of the exercise's own.")
@options.device
@options.kernel
@options.sandbox
@click.option("--timeout", type=click.FloatRange(min=1), metavar="S", help="Time limit for the notebook, in seconds.")
@click.option("--memory", type=click.IntRange(min=256), metavar="MB", help="Memory limit for the notebook.")
@options.limits
@click.option("--format", "form", type=click.Choice(report.PRINTED), default="text", show_default=True)
@click.option(
    "--output", type=click.Path(file_okay=False, path_type=Path), help="Folder for the report and the results."
)
@click.option("--brief", is_flag=True, help="One line for each check.")
@options.plain
@options.reveal
@options.course
def command(
    exercise: str,
    notebook: Path | None,
    device: Device,
    kernel: str,
    sandbox: Walls,
    timeout: float | None,
    memory: int | None,
    limits: tuple[tuple[str, Any], ...],
    form: str,
    output: Path | None,
    brief: bool,
    plain: bool,
    reveal: Reveal | None,
    course: Path | None,
) -> int:
    """Grade an exercise's notebook.

    EXERCISE is a folder, a number or a name: exercises/02, 02, detached. The command prints the verdict and writes a
    report for the browser.
    """
    chosen = find(exercise, course)
    path = notebook or chosen.notebook
    if is_outdated(chosen):
        click.echo(OUTDATED.format(exercise=chosen.id), err=True)
    source = open_source(kernel, sandbox, [chosen.root])
    if source.notice:
        click.echo(source.notice, err=True)
    with closing(source):
        try:
            allowed = replace(_limits(chosen, timeout, memory), **dict(limits))
            kept = _grade(chosen, path, source, device, allowed, output, reveal, form, plain)
        except GraderError as error:
            if form == "text":
                raise
            complain(error)
            from grader.grading.verdict import refused
            from grader.report.keep import Kept

            kept = Kept(refused(chosen, error), Notes())
    verdict, notes = kept.verdict, kept.notes
    if notes.problem:
        click.echo(notes.problem, err=True)
    if form == "text":
        from rich.console import Console

        report.show(verdict, notes, Console(highlight=False), brief, plain)
    else:
        click.echo(report.render(verdict, notes, form))
    return EXIT_CODES.get(verdict.status, NOT_PASSED)


def _grade(
    exercise: Exercise,
    path: Path,
    source: KernelSource,
    device: Device,
    limits: Limits,
    output: Path | None,
    reveal: Reveal | None,
    form: str,
    plain: bool,
) -> Kept:
    # The kernel is starting by now, so what takes long to import costs nothing here: nbconvert, and Jinja.
    import grader.report.html as _html  # noqa: F401
    from grader.grading.grader import Grader
    from grader.report.keep import keep

    notebook = read(path)
    own = path.resolve() == exercise.notebook.resolve()
    doubted = own and not Progress(exercise.course).standing(exercise).passed
    showing = working_in_lines() if form == NOTEBOOK else working(plain=plain)
    with Grader(source, device) as grader, showing as say:
        verdict = grader.grade(exercise, notebook, limits, say, "beside" if doubted else "after")
    html = output / f"{exercise.id}.html" if output else None
    return keep(exercise, notebook, verdict, html, own, reveal=reveal)


def _limits(exercise: Exercise, timeout: float | None, memory: int | None) -> Limits:
    limits = exercise.limits
    if timeout is not None:
        limits = replace(limits, wall=timeout, cell=timeout)
    return replace(limits, memory=memory) if memory is not None else limits
