"""Renderers of one Verdict and the notes beside it: `render` returns text in one of FORMATS, `show` prints to a
terminal. Learners' texts are made presentable here, before any renderer sees them, so that none can forget to. A report
of any verdict stays under LARGEST bytes: one that does not is made again from a shorter verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from grader.model import Notes, Verdict
from grader.report import clean

if TYPE_CHECKING:
    from rich.console import Console

    from grader.report.terminal import Part

LARGEST = 1_000_000  # bytes; a usual HTML report has 40,000
_SCALES = (1.0, 0.1, 0.01)


class Renderer(Protocol):
    """Turns a presentable verdict into a file's text."""

    def __call__(self, verdict: Verdict, notes: Notes) -> str: ...


def render(verdict: Verdict, notes: Notes, format: str = "text") -> str:  # noqa: A002 (what the option is called)
    """The report of `verdict` in one of FORMATS."""
    renderer = FORMATS[format]
    for scale in _SCALES:
        report = renderer(*clean.presentable(verdict, notes, scale))
        if len(report.encode()) <= LARGEST:
            break
    return report


def show(verdict: Verdict, notes: Notes, console: Console, brief: bool = False, plain: bool = False) -> None:
    """Print the report to a terminal; `brief` is one line a check, `plain` is for screen readers."""
    from grader.report import spoken, terminal

    shown = clean.presentable(verdict, notes)
    if plain:
        spoken.show(spoken.report(*shown, brief), console)
    else:
        terminal.show(*shown, console, brief)


def summary(verdict: Verdict) -> str:
    """What came of it, in one line without signs."""
    from grader.report import spoken

    return spoken.summary(clean.presentable(verdict, Notes())[0])


def show_part(verdict: Verdict, notes: Notes, console: Console, part: Part) -> None:
    """Print a part of the report to a terminal: the first problem with its symptom, the sheet of all checks, or all."""
    from grader.report import terminal

    terminal.show_part(*clean.presentable(verdict, notes), console, part)


# Rich and Jinja take 50 ms to import: each renderer is imported when it is asked for.


def _text(verdict: Verdict, notes: Notes) -> str:
    from grader.report import terminal

    return terminal.plain(verdict, notes)


def _json(verdict: Verdict, notes: Notes) -> str:  # noqa: ARG001 (only what grading found is data)
    from grader.report import json

    return json.render(verdict)


def _junit(verdict: Verdict, notes: Notes) -> str:
    from grader.report import junit

    return junit.render(verdict, notes)


def _gradescope(verdict: Verdict, notes: Notes) -> str:
    from grader.report import gradescope

    return gradescope.render(verdict, notes)


def _html(verdict: Verdict, notes: Notes) -> str:
    from grader.report import html

    return html.render(verdict, notes)


def _notebook(verdict: Verdict, notes: Notes) -> str:
    from grader.report import under_cell

    return under_cell.render(verdict, notes)


FORMATS: dict[str, Renderer] = {
    "text": _text,
    "json": _json,
    "junit": _junit,
    "gradescope": _gradescope,
    "html": _html,
    "notebook": _notebook,
}
PRINTED = tuple(name for name in FORMATS if name != "html")  # the page goes to a file
