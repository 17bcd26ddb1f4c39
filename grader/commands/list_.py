"""list: the exercises, and the learner's progress in each."""

from __future__ import annotations

from pathlib import Path

import click

from grader.commands import options
from grader.course.catalogue import course_folder, exercises
from grader.course.progress import Progress


@click.command("list")
@options.plain
@options.course
def command(plain: bool, course: Path | None) -> None:
    """Show the exercises, their topics and minutes, and what is open.

    In a terminal, the titles are links to the notebooks.
    """
    from rich.console import Console

    from grader.report import overview

    folder = course or course_folder()
    progress, listed = Progress(folder), exercises(folder)
    standings = {exercise.id: progress.standing(exercise) for exercise in listed}
    overview.show(overview.Course(folder, listed, standings), Console(highlight=False), plain)
