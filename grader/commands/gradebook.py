"""gradebook: show a class's gradebook, override scores, write its tables again."""

from __future__ import annotations

import getpass
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.classroom.outputs import ALWAYS, OUTPUTS, write_outputs
from grader.model import Status, number_of
from grader.model.errors import GraderError
from grader.words import score_in_words

if TYPE_CHECKING:
    from grader.classroom.gradebook import Gradebook

EVERY_STATUS = [str(status) for status in Status]
FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(invoke_without_command=True)
@click.argument("folder", type=FOLDER)
@click.pass_context
def command(ctx: click.Context, folder: Path) -> None:
    """Show a class's gradebook, override scores, export tables.

    FOLDER is the --output of `batch`.
    """
    from grader.classroom.gradebook import Gradebook

    ctx.obj = ctx.with_resource(Gradebook(folder, create=False))
    if ctx.invoked_subcommand is None:
        ctx.invoke(show)


@command.command()
@click.option("--student", help="Only this student: an id, or part of a name.")
@click.option("--exercise", help="Only this exercise: an id, or its number.")
@click.option("--section", help="Only this section.")
@click.option("--status", type=click.Choice([*EVERY_STATUS, "waiting"]), help="Only submissions with this status.")
@click.option("--code", help="Only notebooks with this finding, such as GRAD002.")
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
    """List the submissions and their results."""
    from grader.classroom.showing import Query, count_in_words, details, listing

    query = Query(student, exercise, section, status, code, overridden, attempts)
    rows = query.choose(book.rows())
    if form == "csv":
        from grader.classroom.exports.table import gradebook_csv

        click.echo(gradebook_csv(rows, book.check_order()), nl=False)
    elif len(rows) == 1 and student:
        click.echo(details(rows[0], book.history(rows[0].student, rows[0].exercise)))
    else:
        click.echo(listing(rows, shutil.get_terminal_size().columns))
    click.echo(count_in_words(Counter(row.status for row in rows)), err=True)


@command.command()
@click.argument("student")
@click.argument("exercise")
@click.argument("score", type=click.FloatRange(min=0), required=False)
@click.option("--comment", default="", help="The reason; the student will read it.")
@click.option("--who", default=getpass.getuser, help="Who sets the score [default: you].")
@click.option("--withdraw", is_flag=True, help="Go back to the grader's own score.")
@click.pass_obj
def override(
    book: Gradebook, student: str, exercise: str, score: float | None, comment: str, who: str, withdraw: bool
) -> None:
    """Set a SCORE by hand.

    It stays when the notebook is graded again, and every change is kept.
    """
    if (score is None) != withdraw:
        raise click.UsageError("Give a SCORE, or --withdraw to go back to the grader's own.")
    rows = book.rows()
    identifier = _one(exercise, sorted({row.exercise for row in rows if row.exercise}))
    book.override(student, identifier, score, comment, who)
    row = next(
        (row for row in book.rows() if row.counts and (row.student, row.exercise) == (student, identifier)), None
    )
    if row is None:
        click.echo(f"{student} has submitted nothing for {identifier} yet; the score is kept until then.")
        return
    said = "the grader's own score again" if withdraw else f"set by {who}, the grader's own is {row.graded_score:g}"
    click.echo(f"{student}, {identifier}: {score_in_words(row.score, row.max_score)}, {said}.")
    click.echo("`export` writes the tables again.")


@command.command()
@click.argument("what", nargs=-1, type=click.Choice(list(OUTPUTS)))
@click.option("--roster", type=FILE, help="Gradebook exported from Canvas, to fill with the scores.")
@click.option("--title", help="Title of the class page.")
@click.pass_obj
def export(book: Gradebook, what: Sequence[str], roster: Path | None, title: str | None) -> None:
    """Write the outputs again.

    Without WHAT, these are csv, page and feedback, and with --roster also canvas.
    """
    if title:
        book.call(title)
    for sentence in write_outputs(book, what or [*ALWAYS, *(["canvas"] if roster else [])], roster):
        click.echo(sentence)


def _one(name: str, ids: Sequence[str]) -> str:
    """The exercise meant by an id or a number."""
    matching = [one for one in ids if name in (one, number_of(one))]
    matching = matching or [one for one in ids if name.lstrip("0") == number_of(one).lstrip("0")]
    if len(matching) == 1:
        return matching[0]
    raise GraderError(f"The gradebook has no exercise {name}.", f"It has {', '.join(ids) or 'none'}.")
