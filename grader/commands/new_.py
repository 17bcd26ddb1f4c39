"""new: for authors; a working exercise to start from."""

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
    """Create a small working exercise to rewrite.

    NAME gets a notebook, a solution, a spec and repairs.
    """
    from grader.authoring.scaffold import scaffold

    folder = scaffold(name, course or course_folder())
    click.echo(f"{folder} is a small working exercise. It comes with solutions/{folder.name}.ipynb and")
    click.echo(f"tests/repairs/{folder.name}.\n")
    click.echo(f"    python -m grader verify {number_of(folder.name)}     checks it; repeat this after each change.\n")
    click.echo("Make it yours: the notebook, the bugs and their hints, the checks, the repairs (docs/authoring.md).")
    click.echo("Finally, run the notebook once to store its outputs, and copy it to .original.ipynb.")
