"""new: for authors; an exercise that works, to begin with."""

from __future__ import annotations

from pathlib import Path

import click

from grader.commands import options
from grader.course.catalogue import course_folder
from grader.model import number_of


@click.command("new")
@click.argument("name")
@options.course
def command(name: str, course: Path | None) -> None:
    """Write a new exercise NAME: notebook, solution, spec and repairs, small and working, for you to rewrite."""
    from grader.authoring.scaffold import scaffold

    folder = scaffold(name, course or course_folder())
    click.echo(f"{folder} is a small exercise that works. With it came solutions/{folder.name}.ipynb and")
    click.echo(f"tests/repairs/{folder.name}.\n")
    click.echo(f"    python -m grader verify {number_of(folder.name)}     is it sound? Ask again after each change.\n")
    click.echo("Make it yours: the notebook, the bugs and their hints, the checks, the repairs (docs/authoring.md).")
    click.echo("At the end run the notebook once, so that its outputs are stored, and copy it to .original.ipynb.")
