"""explain: the page of a diagnostic code."""

from __future__ import annotations

import re

import click

from grader.course.shipped import CODES as PAGES
from grader.model.codes import CAUSE_OF, CODES
from grader.model.errors import GraderError, InternalError
from grader.words import did_you_mean

TO_OTHER_PAGES = re.compile(r"\[(GRAD\d{3})\]\(\1\.md\)")


@click.command()
@click.argument("code", required=False)
def command(code: str | None) -> None:
    """Explain a diagnostic code, or list them all.

    CODE is a code, its number or its cause: GRAD002, 2, detached_numpy. Without it, all codes are listed.
    """
    if code is None:
        entries = [(name, *heading(page(name))) for name in CAUSE_OF]
        width = max(len(title) for _, title, _ in entries)
        for name, title, symptom in entries:
            click.echo(f"{name}  {title:<{width}}  {symptom}")
        click.echo("\n`python -m grader explain GRAD002` shows the page of that code.")
        return
    from rich.console import Console

    from grader.report.prose import show_prose

    show_prose(TO_OTHER_PAGES.sub(r"\1", page(find_code(code))), Console(highlight=False))


def find_code(text: str) -> str:
    """The code that GRAD002, grad2, 2 or detached_numpy stands for."""
    number = re.fullmatch(r"(?:grad)?[-_ ]?(\d{1,3})", text.strip(), re.IGNORECASE)
    code = f"GRAD{int(number[1]):03}" if number else CODES.get(text.strip().lower().replace("-", "_"), "")
    if code not in CAUSE_OF:
        close = did_you_mean(text, [*CODES, *CAUSE_OF])
        raise GraderError(f"There is no diagnostic code {text!r}{close}: `python -m grader explain` lists them all.")
    return code


def page(code: str) -> str:
    """The text of docs/codes/GRADnnn.md."""
    path = PAGES / f"{code}.md"
    if not path.is_file():
        raise InternalError(f"The page of {code} is missing from this installation.", "Install gradient-clinic again.")
    return path.read_text("utf-8")


def heading(text: str) -> tuple[str, str]:
    """The title of a page and its symptom."""
    first, _, second = text.splitlines()[:3]
    return first.partition(": ")[2], second.partition("you see: ")[2]
