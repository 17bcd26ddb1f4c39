"""Where something was made that is older than the trace: the one line that assigns it to its name."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

MAKERS = ("Variable", "add_weight")  # of variables
FREEZES = ".trainable"


class Line(NamedTuple):
    number: int
    span: tuple[int, int] | None  # columns in UTF-8 bytes, where the value is on one line
    value: ast.expr | None = None  # what is assigned; None for a parameter, a loop's variable and the like


def find_definition(name: str, filename: str, of_variable: bool = False) -> tuple[str, Line] | None:
    """In the file that uses the name; where it has none, in those beside it that have run. Two candidates are as good
    as none. `of_variable`: only calls that make one are candidates."""

    def list_candidates(file: str) -> list[tuple[str, Line]]:
        lines = list_definitions(text_of(file)).get(name, ())
        return [(file, line) for line in lines if not of_variable or makes_variable(line)]

    return find_only(filename, list_candidates)


def find_freezing(filename: str) -> tuple[str, Line] | None:
    """The line that sets `trainable` to False, found in the same way."""

    def list_candidates(file: str) -> list[tuple[str, Line]]:
        named = list_definitions(text_of(file)).items()
        lines = [line for name, found in named if name.endswith(FREEZES) for line in found]
        return [(file, line) for line in lines if isinstance(line.value, ast.Constant) and line.value.value is False]

    return find_only(filename, list_candidates)


def find_only(filename: str, list_candidates: Callable[[str], list[tuple[str, Line]]]) -> tuple[str, Line] | None:
    found = list_candidates(filename)
    if not found or not Path(filename).exists():  # a notebook's cells, which are no files, share their names
        others = [one for one in list(linecache.cache) if one != filename and Path(one).parent == Path(filename).parent]
        found += [candidate for other in others for candidate in list_candidates(other)]
    return found[0] if len(found) == 1 else None


def find_reading(name: str, function: str, filename: str) -> Line | None:
    """Where a function of this name reads "scale", or "self.scale", first."""
    for node in ast.walk(parse(text_of(filename))):
        if getattr(node, "name", "" if isinstance(node, ast.Lambda) else None) in (function, ""):
            parts = [part for part in ast.walk(node) if isinstance(getattr(part, "ctx", None), ast.Load)]
            found = [part for part in parts if isinstance(part, ast.expr) and ast.unparse(part) == name]
            if found:
                first = min(found, key=lambda part: (part.lineno, part.col_offset))
                return to_line(first, first)
    return None


def makes_variable(line: Line) -> bool:
    return isinstance(line.value, ast.Call) and ast.unparse(line.value.func).endswith(MAKERS)


def text_of(filename: str) -> str:
    return "".join(linecache.getlines(filename))


@lru_cache(maxsize=256)
def parse(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


@lru_cache(maxsize=256)
def list_definitions(text: str) -> dict[str, list[Line]]:
    """Every name, also "self.w", with the lines that give it a value."""
    definitions: dict[str, list[Line]] = {}
    for node in ast.walk(parse(text)):
        for target, value in list_assignments(node):
            for part in ast.walk(target):
                if isinstance(getattr(part, "ctx", None), ast.Store) and not isinstance(part, ast.Tuple | ast.List):
                    definitions.setdefault(ast.unparse(part), []).append(to_line(target, value))
        if isinstance(node, ast.arg):
            definitions.setdefault(node.arg, []).append(Line(node.lineno, None))
    return definitions


def list_assignments(node: ast.AST) -> list[tuple[ast.expr, ast.expr | None]]:
    """(target, value) of each assignment that a node is."""
    if isinstance(node, ast.Assign):
        return [(target, node.value) for target in node.targets]
    if isinstance(node, ast.AnnAssign | ast.NamedExpr):
        return [(node.target, node.value)] if node.value is not None else []
    if isinstance(node, ast.AugAssign | ast.For | ast.comprehension):
        return [(node.target, None)]
    if isinstance(node, ast.withitem) and node.optional_vars is not None:
        return [(node.optional_vars, None)]
    return []


def to_line(target: ast.expr, value: ast.expr | None) -> Line:
    if value is None:
        return Line(target.lineno, None)
    one_line = value.end_lineno == value.lineno and value.end_col_offset is not None
    return Line(value.lineno, (value.col_offset, value.end_col_offset or 0) if one_line else None, value)
