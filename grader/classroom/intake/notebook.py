"""Decides what a submitted file is: a notebook (kept as a private copy, with the exercise it names), or why not.

Only JSON is read here; whether the notebook is any good is for the grader to say.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from grader.classroom.intake.text import BOMS, clean, decode

# Browsers save "x.ipynb" as "x.ipynb.txt" or "x.ipynb.json", and second copies as "x (1).ipynb" or "x.ipynb (1).txt"
NOTEBOOK_NAME = re.compile(r"^(?P<stem>.*)\.ipynb(?:\s*\((?P<copy>\d{1,3})\))?(?:\.(?:txt|json))?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """One file of SUBMISSIONS; a zip counts as a folder whose name ends in ".zip"."""

    parts: tuple[str, ...]
    modified: float
    notebook: Path | None = None
    sha256: str = ""
    exercise: str | None = None  # what the notebook says of itself
    reason: str = ""  # why it was refused
    stray: bool = False  # some other file, which matters only where there is no notebook
    archive: bool = False  # a stray that may well hold notebooks, in an archive that is not read
    hidden: bool = False  # what systems and programs leave behind, which is not looked at
    text: str | None = None  # of a file that a platform wrote about the others, such as timestamp.txt


def is_notebook(name: str) -> bool:
    return NOTEBOOK_NAME.match(name) is not None


def recognise(parts: tuple[str, ...], modified: float, data: bytes, private: Path) -> Found:
    if not data.strip():
        return Found(parts, modified, reason="the file is empty")
    try:
        text = decode(data)
    except UnicodeDecodeError as error:
        return Found(parts, modified, reason=f"it is not a notebook: byte {error.start + 1:,} is not UTF-8 text")
    if any(data.startswith(mark) for mark, _ in BOMS):
        data = text.encode()
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno:,}, column {error.colno:,}"
        return Found(parts, modified, reason=f"it is not a notebook: it stops being JSON at {where}")
    except (RecursionError, ValueError):
        return Found(parts, modified, reason="it is not a notebook: it is nested too deep, or holds impossible numbers")
    if not isinstance(content, dict) or not isinstance(content.get("cells", content.get("worksheets")), list):
        return Found(parts, modified, reason="it is not a notebook: it is JSON without cells")
    sha256 = hashlib.sha256(data).hexdigest()
    return Found(parts, modified, _keep(data, private / f"{sha256}.ipynb"), sha256, _exercise(content))


def _exercise(content: dict[str, object]) -> str | None:
    metadata = content.get("metadata")
    ours = metadata.get("gradient_clinic") if isinstance(metadata, dict) else None
    exercise = ours.get("exercise") if isinstance(ours, dict) else None
    return clean(exercise)[:100] or None if isinstance(exercise, str) else None


def _keep(data: bytes, target: Path) -> Path:
    if not target.exists():
        handle, temporary = tempfile.mkstemp(dir=target.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).replace(target)
    return target
