"""The README of learners: of a kit, or of a course that `start` laid out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from grader.model import Exercise

Kind = Literal["kit", "whole kit", "course"]
GRADER = {"course": "gradient-clinic"}  # what its reader types; a kit's grader runs in the kit's own folder
TEMPLATE = Path(__file__).parent / "README.md.j2"


def readme(exercises: Sequence[Exercise], kind: Kind, submit: str = "") -> bytes:
    from jinja2 import Template

    template = Template(TEMPLATE.read_text("utf-8"), trim_blocks=True)
    grader = GRADER.get(kind, "python -m grader")
    text: str = template.render(exercises=exercises, kind=kind, grader=grader, submit=submit)
    return f"{text}\n".encode()
