"""Whose code a file is, asked while the program runs: the user's own, with a number each, or a library's.

Libraries are what lies in Python's own folders and in site-packages. A file that begins with "<" does not exist: it
is the user's if its lines are known (a doctest, a terminal's IPython), for somebody typed them. The file of the with
statement is always the user's.
"""

from __future__ import annotations

import linecache
import os
import site
import sys
import sysconfig
from pathlib import Path

PACKAGES = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
AUTOGRAPHS = "__autograph_generated_file"  # code that TensorFlow wrote
GENERATED = ("<attrs ", "<__", "<frozen ", "<lambdifygenerated")  # by libraries, which leave their lines
LONGEST = 24  # characters of a file's name
HIDDEN = "(this line cannot be shown)"
MOST_LINES = 100_000


class OwnCode:
    def __init__(self, own: str) -> None:
        self._known: dict[str, int | None] = {}
        self._libraries = tuple(f"{Path(folder)}{os.sep}" for folder in list_libraries())
        self._known[own] = 1

    def locate(self, filename: str) -> int | None:
        """The file's number, from 1; None for a library's."""
        if filename not in self._known:
            mine = not self._is_library(filename)
            self._known[filename] = 1 + sum(number is not None for number in self._known.values()) if mine else None
        return self._known[filename]

    def _is_library(self, filename: str) -> bool:
        if filename.startswith("<"):
            return filename.startswith(GENERATED) or not linecache.getlines(filename)
        inside = any(folder in filename for folder in PACKAGES) or filename.startswith(self._libraries)
        return inside or AUTOGRAPHS in filename

    def read(self) -> tuple[dict[int | None, str], dict[int | None, str]]:
        """The text and the label of each of the user's files, by number."""
        names = {number: filename for filename, number in self._known.items() if number is not None}
        texts: dict[int | None, str] = {number: read_lines(name) for number, name in names.items()}
        return texts, {number: label(name) for number, name in names.items()}


def list_libraries() -> set[str]:
    paths = sysconfig.get_paths()
    folders = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    folders |= {*site.getsitepackages(), site.getusersitepackages()}
    return folders | {str(Path(__file__).parent.parent)}


def read_lines(filename: str) -> str:
    lines = linecache.getlines(filename)
    return "".join(lines) if lines else "\n".join([HIDDEN] * MOST_LINES)


def label(filename: str) -> str:
    """ "train.py", or "In [3]" for a notebook's cell."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    counts = getattr(getattr(shell, "compile", None), "_filename_map", {})
    if filename in counts:
        return f"In [{counts[filename]}]"
    name = Path(filename).name
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
