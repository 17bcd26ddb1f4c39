"""gradebook: show a class's gradebook, override scores, write its tables again."""

from __future__ import annotations

import getpass
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.classroom.gradebook.rows import NOT_SUBMITTED, About
from grader.classroom.outputs import ALWAYS, ANONYMOUS, OUTPUTS, write_outputs
from grader.model import Status, number_of
from grader.model.errors import GraderError
from grader.words import plural, score_in_words

if TYPE_CHECKING:
    from grader.classroom.gradebook import Gradebook, Row

EVERY_STATUS = [*(str(status) for status in Status), "waiting", NOT_SUBMITTED]
FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def pass_book(command: Callable[..., None]) -> Callable[..., None]:
    """Open the gradebook when a command runs, and not for its --help."""

    @click.pass_context
    @wraps(command)
    def opened(ctx: click.Context, *arguments: Any, **options: Any) -> None:
        from grader.classroom.batch import private
        from grader.classroom.gradebook import Gradebook

        book = ctx.with_resource(Gradebook(ctx.obj, create=False))
        ctx.with_resource(private(ctx.obj))
        ctx.invoke(command, book, *arguments, **options)

    return opened


@click.group(invoke_without_command=True)
@click.argument("folder", type=FOLDER)
@click.pass_context
def command(ctx: click.Context, folder: Path) -> None:
    """Show a class's gradebook, override scores, comment, export tables.

    FOLDER is the --output of `batch`.
    """
    ctx.obj = folder
    if ctx.invoked_subcommand is None:
        ctx.invoke(show)


@command.command()
@click.option("--student", help="Only this student: an id, or part of a name.")
@click.option("--exercise", help="Only this exercise: an id, or its number.")
@click.option("--section", help="Only this section.")
@click.option("--status", type=click.Choice(EVERY_STATUS), help="Only rows with this status.")
@click.option("--code", help="Only notebooks with this finding, such as GRAD002.")
@click.option("--overridden", is_flag=True, help="Only scores set by hand.")
@click.option("--nothing", is_flag=True, help="Only students who submitted nothing at all.")
@click.option("--attempts", is_flag=True, help="All attempts, not only those that count.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "csv", "mail"]),
    default="text",
    show_default=True,
    help="`mail` is a line for each student, with the address where a table has one.",
)
@pass_book
def show(
    book: Gradebook,
    student: str | None,
    exercise: str | None,
    section: str | None,
    status: str | None,
    code: str | None,
    overridden: bool,
    nothing: bool,
    attempts: bool,
    form: str,
) -> None:
    """List the submissions and their results, and who has submitted none."""
    from grader.classroom.showing import Query, addresses, count_in_words, details, listing, nothing_at_all

    query = Query(student, exercise, section, status, code, overridden, attempts)
    rows = query.choose(book.everybody())
    if nothing:
        missing = nothing_at_all(book.everybody())
        rows = [row for row in rows if row.student in missing]
    if form == "csv":
        from grader.classroom.exports.table import gradebook_csv

        click.echo(gradebook_csv(rows, book.check_order()), nl=False)
    elif form == "mail":
        click.echo(addresses(rows))
    elif len(rows) == 1 and student:
        click.echo(details(rows[0], book.history(rows[0].student, rows[0].exercise)))
    else:
        click.echo(listing(rows, shutil.get_terminal_size().columns if sys.stdout.isatty() else None))
    click.echo(count_in_words(Counter(row.status for row in rows)), err=True)


@command.command()
@click.argument("student")
@click.argument("exercise")
@click.argument("score", type=click.FloatRange(min=0), required=False)
@click.option("--comment", default="", help="The reason; the student will read it.")
@click.option("--who", default=getpass.getuser, help="Who sets the score [default: you].")
@click.option("--withdraw", is_flag=True, help="Go back to the grader's own score.")
@pass_book
def override(
    book: Gradebook, student: str, exercise: str, score: float | None, comment: str, who: str, withdraw: bool
) -> None:
    """Set a SCORE by hand.

    STUDENT is an id or a part of a name. The score is for the exercise, whether or not there is a notebook; it stays
    when one is graded again, and every change is kept.
    """
    if (score is None) != withdraw:
        raise click.UsageError("Give a SCORE, or --withdraw to go back to the grader's own.")
    student = _one_student(student, book)
    exercise = _one(exercise, list(book.check_order()))
    book.override(student, exercise, score, comment, who)
    rows = (row for row in book.everybody() if row.counts and (row.student, row.exercise) == (student, exercise))
    if row := next(rows, None):
        now = score_in_words(row.score, row.max_score) if row.has_score else "no score"
        from grader.classroom.showing import who_is

        click.echo(f"{who_is(row)}, {exercise}: {now}, {_in_place_of(row, who)}.")
    else:
        click.echo(f"{student}, {exercise}: no score, and no submission.")
    click.echo("`export` writes the tables again.")


def _in_place_of(row: Row, who: str) -> str:
    from grader.classroom.showing import status_in_words

    if row.override is None:
        return "the grader's own score again" if row.has_score else "and no submission"
    if row.status == NOT_SUBMITTED:
        return f"set by {who}, without a submission"
    return f"set by {who}, the grader's own is {row.graded_score:g} ({status_in_words(row.status)})"


@command.command()
@click.argument("exercise")
@click.argument("text")
@click.option("--student", help="For one student: an id, or part of a name.")
@click.option("--finding", metavar="CODE", help="For everybody with this finding, such as GRAD002.")
@click.option("--line", metavar="CODE", help="For everybody with this statement, whatever they call their variables.")
@click.option("--who", default=getpass.getuser, help="Who writes [default: you].")
@pass_book
def comment(
    book: Gradebook, exercise: str, text: str, student: str | None, finding: str | None, line: str | None, who: str
) -> None:
    """Write a comment without a score, once for all equal work.

    It comes with the feedback, also of students who submit later.
    """
    given: list[tuple[About, str | None]] = [("student", student), ("finding", finding), ("line", line)]
    chosen = [(about, value) for about, value in given if value]
    if len(chosen) != 1:
        raise click.UsageError("Say for whom: --student, --finding or --line.")
    about, value = chosen[0]
    value = _one_student(value, book) if about == "student" else value.upper() if about == "finding" else value
    exercise = _one(exercise, list(book.check_order()))
    book.comment(exercise, about, value, text, who)
    reached = sorted({row.student for row in book.everybody() if row.exercise == exercise and text in row.comments})
    shown = ", ".join(reached[:10]) + (" ..." if len(reached) > 10 else "")
    click.echo(f"{exercise}: for {plural(len(reached), 'student')} now{f': {shown}' if shown else ''}.")
    click.echo("`export` writes the feedback again.")


@command.command(name="import")
@click.argument("table", type=FILE)
@click.option("--who", default=getpass.getuser, help="Who sets the scores [default: you].")
@pass_book
def import_(book: Gradebook, table: Path, who: str) -> None:
    """Set scores and comments from a table.

    TABLE is a CSV with the columns student, exercise, score and comment; a score or a comment may be missing. If a line
    is wrong, nothing is imported.
    """
    from grader.classroom.importing import read_judgements

    exercises = list(book.check_order())
    read = read_judgements(table, lambda name: _one_student(name, book), lambda name: _one(name, exercises))
    for one in read:
        if one.score is not None:
            book.override(one.student, one.exercise, one.score, one.comment, who)
        else:
            book.comment(one.exercise, "student", one.student, one.comment, who)
    scores = sum(one.score is not None for one in read)
    click.echo(f"{plural(scores, 'score')} and {plural(len(read) - scores, 'comment')} imported.")
    click.echo("`export` writes the tables again.")


@command.command()
@click.argument("what", nargs=-1, type=click.Choice([name for name in OUTPUTS if name != ANONYMOUS]))
@click.option("--roster", type=FILE, help="Gradebook exported from Canvas, to fill with the scores.")
@click.option("--title", help="Title of the class page.")
@click.option("--anonymous", is_flag=True, help="The class page without names in the file, as class-anonymous.html.")
@pass_book
def export(book: Gradebook, what: Sequence[str], roster: Path | None, title: str | None, anonymous: bool) -> None:
    """Write the outputs again.

    Without WHAT, these are csv, page and feedback, and with --roster also canvas.
    """
    if anonymous:
        what = [ANONYMOUS if one == "page" else one for one in what or ["page"]]
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


def _one_student(words: str, book: Gradebook) -> str:
    """The student meant by an id or a part of a name, as `show` takes it."""
    students = book.students()
    matching = [one for one in students if one.casefold() == words.casefold()]
    matching = matching or [one for one, name in students.items() if words.casefold() in name.casefold()]
    if len(matching) == 1:
        return matching[0]
    if not matching:
        raise GraderError(f"The gradebook has no student {words}.", "`gradebook DIR show` lists them.")
    shown = ", ".join(f"{one} ({students[one]})" for one in matching[:10])
    raise GraderError(f"{words} could be any of these students: {shown}.", "Give the id.")
