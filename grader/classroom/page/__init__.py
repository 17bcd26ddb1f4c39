"""The class page: one HTML file that needs no network.

The page gets plain data and its script does the counting, so that everything follows the section and exercise that an
instructor picks. No text of a student is ever parsed as HTML or run: it travels as JSON and is shown as text, and the
page's own policy runs the one script whose hash it names.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from grader.classroom.gradebook.rows import Row
from grader.classroom.page.data import class_data, without_names
from grader.course.settings import CourseSettings

_FOLDER = Path(__file__).parent


def class_page(
    rows: Sequence[Row],
    check_order: Mapping[str, Sequence[str]],
    *,
    title: str,
    made: datetime,
    settings: CourseSettings | None = None,
    anonymous: bool = False,
) -> str:
    """The page as one HTML text; an anonymous one has nobody's name in it."""
    data = class_data(rows, check_order, settings or CourseSettings())
    if anonymous:
        data = without_names(data)
    script = (_FOLDER / "class.js").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return _template().render(
        title=title,
        anonymous=anonymous,
        made=made,
        style=Markup((_FOLDER / "class.css").read_text("utf-8")),
        script=Markup(script),
        script_hash=f"sha256-{digest}",
        data=Markup(_json(data)),
    )


def _json(data: object) -> str:
    """JSON that cannot end its script element, nor begin a comment in it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("class.html.j2")
