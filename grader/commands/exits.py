"""The exit codes, and how an error that a person can mend is told."""

from __future__ import annotations

import click

from grader.model.errors import GraderError

OK, NOT_PASSED, CANNOT_GRADE, OUR_FAULT, INTERRUPTED = 0, 1, 2, 3, 130
NOBODY_READS = 141  # what a shell reports of a program that SIGPIPE ends


def complain(error: GraderError) -> None:
    """One sentence and the next step, on stderr."""
    click.echo(error.message, err=True)
    if error.next_step:
        click.echo(error.next_step, err=True)
