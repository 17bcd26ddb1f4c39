"""How things are said, wherever they are said: numbers with their nouns, points, places, limits."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from grader.model import LimitHit

LIMITS = {  # each field of Limits: its unit, and what it is a limit on
    "wall": ("s", "for the notebook"),
    "cell": ("s", "for one cell"),
    "cpu": ("s", "of processor time"),
    "memory": ("MB", "of memory"),
    "processes": ("processes", ""),
    "file_size": ("MB", "in files"),
    "output": ("MB", "of output"),
    "open_files": ("open files", ""),
    "probe": ("s", "for one call of the notebook's functions"),
}


CLOSE = 0.7  # of difflib's likeness: "lsit" is 0.75 like "list", and "nothing" 0.55 like "hint"
_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x9b[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b\n]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]")
_TENSORFLOW_NOISE = re.compile(r"\{\{(?:function_node|node) [^{}]*\}\}\s*|(?<=\]) name: *$", re.MULTILINE)


def without_noise(text: str) -> str:
    """A program's text without terminal escapes and without TensorFlow's names for its own nodes."""
    return _TENSORFLOW_NOISE.sub("", _ANSI.sub("", text))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """' (did you mean `watch`?)'; empty where nothing is close."""
    close = get_close_matches(word.lower(), list(known), n=1, cutoff=CLOSE)
    return f" (did you mean `{close[0]}`?)" if close else ""


def number(value: float) -> str:
    """'3', '2.5', '1,200'."""
    return f"{value:,.2f}".rstrip("0").rstrip(".") if math.isfinite(value) else str(value)


def plural(count: int, one: str, many: str = "") -> str:
    """'1 step', '2,000 steps'."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def points(value: float) -> str:
    """'7.5' and '10', as Canvas shows them: two decimals at most, and nothing between thousands."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def out_of(score: float, most: float) -> str:
    """'3 / 10'."""
    return f"{points(score)} / {points(most)}"


def score_in_words(score: float, most: float) -> str:
    """'3 of 10 points'."""
    return f"{points(score)} of {points(most)} {'point' if most == 1 else 'points'}"


def place(cell: int | None, line: int | None) -> str:
    """'cell 3, line 4'; a program's lines belong to no cell. Empty where nothing is known."""
    parts = [f"cell {cell}" if cell is not None else "", f"line {line}" if line is not None else ""]
    return ", ".join(part for part in parts if part)


def from_here(path: Path) -> str:
    """A path as it is typed in the working folder."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def limit(hit: LimitHit) -> str:
    """'60 s for one cell'."""
    unit, of = LIMITS[hit.name]
    return f"{number(hit.allowed)} {unit} {of}".rstrip()


def used(hit: LimitHit) -> str:
    """'60.2 s used'; empty where it is not known to be more than was allowed."""
    return f"{number(hit.used)} {LIMITS[hit.name][0]} used" if hit.used is not None and hit.used > hit.allowed else ""


def exceeded(hit: LimitHit, where: str = "") -> str:
    """'exceeded the limit of 60 s for one cell in cell 5 (60.2 s used)', for `where` " in cell 5"."""
    return f"exceeded the limit of {limit(hit)}{where}" + (f" ({used(hit)})" if used(hit) else "")


def missing_here(module: str) -> str:
    """As a verdict says it; `module_missing` finds the module in it again."""
    return f"the module {module} is missing where it is graded"


def module_missing(message: str) -> str:
    """The module of which a verdict's message says that it is missing; "" where it says no such thing."""
    found = re.search(missing_here(r"(\S+)"), message)
    return found[1] if found else ""
