"""A learner's file -> Notebook: its code cells, its fingerprint, and the exercise that it says it belongs to.

A program (.py), plain or in percent cells, is read as a notebook of one cell. Nothing but the cells' text is taken
over: a notebook's metadata could choose another kernel or have cells skipped.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tokenize
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.inside.measure import MB
from grader.model.errors import UngradableError

MAX_BYTES = 50 * MB
_OWN_COMMAND = re.compile(
    r"^(?=(?:[!%]\s*(?:python[\w.]*\s+-m\s+grader|grader|load_ext\s+grader)|%(?:grade|hint|report)|%%doctor)\b)",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Notebook:
    name: str
    cells: tuple[str, ...]  # sources of the code cells, in order
    repair_cells: tuple[int, ...]  # numbers of those tagged `repair`
    sha256: str
    exercise: str | None  # id in the metadata
    program: bool = False  # from a .py file
    raising_cells: tuple[int, ...] = ()  # numbers of those tagged `raises-exception`
    language: str = "python"

    def runs(self, number: int) -> bool:
        """Whether the cell is executed: an empty one and one that only calls the grader are not."""
        lines = [line for line in self.cells[number - 1].splitlines() if line.strip()]
        return not all(calls_grader(line.lstrip()) for line in lines)

    def to_run(self, number: int) -> str:
        """What is executed of the cell: all but the lines that call the grader, which are comments then."""
        if not self.runs(number):
            return ""
        return self.cells[number - 1] if self.program else _OWN_COMMAND.sub("# ", self.cells[number - 1])


def calls_grader(line: str) -> bool:
    """Whether a line of a cell is one of the grader's own commands: `%grade`, `!python -m grader 02`."""
    return _OWN_COMMAND.match(line) is not None


def read(path: Path) -> Notebook:
    """The notebook in a file. Raises UngradableError, in one sentence, when there is none."""
    return parse(_content(path), str(path))


def read_program(path: Path) -> Notebook:
    """The Python program in a file. Raises UngradableError when its text can't be read."""
    content = _content(path)
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        text = content.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    except (SyntaxError, UnicodeDecodeError):
        raise UngradableError(f"{path} is not a Python program: its text is not UTF-8.", "Save it as UTF-8.") from None
    return Notebook(str(path), (text,), (), hashlib.sha256(content).hexdigest(), None, program=True)


def _content(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= MAX_BYTES else b""
    except OSError as error:
        raise UngradableError(f"{path} can't be read: {error.strerror}.", "Check the path.") from None
    if size > MAX_BYTES:
        raise UngradableError(f"{path} has {size / MB:.0f} MB.", "Clear the outputs, save, and grade again.")
    return content


def parse(content: bytes, name: str = "the notebook") -> Notebook:
    """The notebook in these bytes. Raises UngradableError, in one sentence, when there is none."""
    try:
        tree = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise UngradableError(
            f"{name} is not a notebook: its text is not valid JSON.",
            "Open it in Jupyter and save it again, or bring the original back with `python -m grader reset NN`.",
        ) from None
    try:
        cells = [(_text(cell["source" if "source" in cell else "input"]), _tags(cell)) for cell in _code_cells(tree)]
        exercise = (tree.get("metadata", {}).get("gradient_clinic") or {}).get("exercise")
    except (KeyError, TypeError, AttributeError, ValueError, IndexError):
        raise UngradableError(
            f"{name} is not a notebook: it has no cells as Jupyter writes them.",
            "Open it in Jupyter and save it again, or bring the original back with `python -m grader reset NN`.",
        ) from None
    return Notebook(
        name=name,
        cells=tuple(source for source, _ in cells),
        repair_cells=tuple(number for number, (_, tags) in enumerate(cells, 1) if "repair" in tags),
        sha256=hashlib.sha256(content).hexdigest(),
        exercise=exercise if isinstance(exercise, str) else None,
        raising_cells=tuple(number for number, (_, tags) in enumerate(cells, 1) if "raises-exception" in tags),
        language=_language(tree),
    )


def _language(tree: dict[str, Any]) -> str:
    """The language of the notebook's kernel, as far as it is named."""
    metadata = tree.get("metadata")
    for part, key in (("kernelspec", "language"), ("language_info", "name")):
        told = metadata.get(part) if isinstance(metadata, dict) else None
        name = told.get(key) if isinstance(told, dict) else None
        if isinstance(name, str) and name:
            return name
    return "python"


def _code_cells(tree: dict[str, Any]) -> list[dict[str, Any]]:
    cells = tree["cells"] if "cells" in tree else tree["worksheets"][0]["cells"]  # version 3 and before
    return [cell for cell in cells if cell["cell_type"] == "code"]


def _text(source: Any) -> str:
    text = source if isinstance(source, str) else "".join(source)
    return text.replace("\r\n", "\n")


def _tags(cell: dict[str, Any]) -> list[str]:
    tags = (cell.get("metadata") or {}).get("tags") or []
    return [tag for tag in tags if isinstance(tag, str)]
