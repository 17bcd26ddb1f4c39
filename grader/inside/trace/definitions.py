"""Where a variable was made that is older than the trace: the one line that assigns a new variable to its name."""

from __future__ import annotations

import ast
import linecache
from functools import lru_cache
from pathlib import Path

Line = tuple[int, tuple[int, int] | None]  # and columns in UTF-8 bytes, where the call is on one line
MAKERS = ("Variable", "add_weight")


def find_definition(name: str, filename: str) -> tuple[str, Line] | None:
    """In the file that uses the name; where it has none, in those beside it that have run, as a notebook's cells are.
    Two candidates are as good as none."""
    found = [(filename, line) for line in list_definitions(text_of(filename)).get(name, ())]
    if not found:
        others = [other for other in list(linecache.cache) if Path(other).parent == Path(filename).parent]
        found = [(other, line) for other in others for line in list_definitions(text_of(other)).get(name, ())]
    return found[0] if len(found) == 1 else None


def text_of(filename: str) -> str:
    return "".join(linecache.getlines(filename))


@lru_cache(maxsize=256)
def list_definitions(text: str) -> dict[str, list[Line]]:
    """Each name, also "self.w", to which a new variable is assigned, with the lines of the calls that make one."""
    definitions: dict[str, list[Line]] = {}
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return definitions
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            call = node.value
            if ast.unparse(call.func).endswith(MAKERS):
                span = (call.col_offset, call.end_col_offset or 0) if call.end_lineno == call.lineno else None
                for target in node.targets:
                    definitions.setdefault(ast.unparse(target), []).append((call.lineno, span))
    return definitions
