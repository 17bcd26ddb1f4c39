"""What a notebook shows under a cell: HTML with its own styles, in light and dark, and the text of a terminal.

Both travel as one line of JSON, a MIME bundle as Jupyter displays it. The HTML has no script: VS Code would run none.
Links are relative to the working folder, which is the notebook's: a front end in a browser opens no file:// address.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup

from grader.course.notebook import Notebook
from grader.model import Finding, Notes, Verdict
from grader.report import excerpt, terminal
from grader.report.drawing import cells_of
from grader.report.html import environment, facts

CONTEXT, WIDEST = 3, 240  # of code: lines around the culprit, and characters
ROWS = 6  # of a comparisons table; the full report has them all
_COMMAND = re.compile(r"python -m grader (?:(hint|report)\b|(?=\d))")


def render(verdict: Verdict, notes: Notes) -> str:
    """A presentable verdict."""
    page = (
        environment()
        .get_template("verdict.html.j2")
        .render(
            **facts(verdict, notes, CONTEXT, WIDEST),
            rows=ROWS,
            address=address(notes.report) if notes.report else "",
        )
    )
    return bundle(page, terminal.plain(verdict, notes))


def render_prose(
    markdown: str,
    text: str,
    findings: Sequence[Finding] = (),
    notebook: Notebook | None = None,
    link: Path | None = None,
) -> str:
    """Our own Markdown, findings in a notebook and a link below it. `text` is the same for a terminal."""
    from markdown_it import MarkdownIt

    cells = cells_of(notebook)
    page = (
        environment()
        .get_template("prose.html.j2")
        .render(
            text=Markup(MarkdownIt("commonmark", {"html": False}).render(markdown)),
            findings=findings,
            code_of=lambda place: excerpt.around(cells, place, CONTEXT, WIDEST),
            address=address(link) if link else "",
            label=link.name if link else "",
        )
    )
    return bundle(page, text)


def bundle(html: str, text: str) -> str:
    return json.dumps({"text/html": _COMMAND.sub(_as_magic, html), "text/plain": text.rstrip("\n")})


def _as_magic(command: re.Match[str]) -> str:
    return f"%{command[1]}" if command[1] else "%grade "


def address(path: Path) -> str:
    try:
        return quote(Path(os.path.relpath(path.resolve())).as_posix())
    except ValueError:  # on another drive
        return path.resolve().as_uri()
