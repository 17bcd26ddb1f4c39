"""list: the exercises, and the learner's progress in each."""

from __future__ import annotations

from pathlib import Path

import click

from grader.commands import options
from grader.course.catalogue import course_folder, exercises
from grader.course.progress import Progress
from grader.words import plural, score_in_words


@click.command("list")
@options.course
def command(course: Path | None) -> None:
    """Show the exercises and your progress."""
    folder = course or course_folder()
    progress = Progress(folder)
    listed = exercises(folder)
    width = max((len(exercise.title) for exercise in listed), default=0)
    following = None
    for exercise in listed:
        standing = progress.standing(exercise)
        mark = "✓" if standing.passed else "·" if standing.attempts else " "
        told = "passed" if standing.passed else "not begun"
        if standing.attempts and not standing.passed:
            told = f"best {score_in_words(standing.best, exercise.max_score)}, {plural(standing.attempts, 'attempt')}"
        click.echo(f" {mark} {exercise.number}  {exercise.title:<{width}}  {told}")
        following = following or (exercise if not standing.passed else None)
    if following is None:
        click.echo("\nAll exercises passed." if listed else f"There are no exercises in {folder}.")
    else:
        notebook = _short(following.notebook)
        click.echo(f"\nNext: open {notebook}, repair it, then `python -m grader {following.number}`.")


def _short(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
