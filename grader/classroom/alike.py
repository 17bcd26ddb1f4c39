"""The shape of code, which is what is left without comments, layout and the names that somebody chose.

Names are numbered in the order in which they first stand there; libraries, built-ins and what follows a dot stay. Code
that is no Python (a magic) is compared as it stands.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Sequence

KEPT = frozenset(dir(builtins)) | {"tf", "tensorflow", "np", "numpy", "keras", "plt"}
NO_PYTHON = (SyntaxError, ValueError, RecursionError, MemoryError)


def shape_of(code: str) -> str:
    """The same for code that differs in nothing but comments, layout and names."""
    try:
        tree = ast.parse(code.strip())
        return ast.unparse(_Renamed().visit(tree))
    except NO_PYTHON:
        return " ".join(code.split())


def shapes_in(cells: Sequence[str]) -> set[str]:
    """The shape of each statement of a notebook."""
    return {shape_of(statement) for cell in cells for statement in _statements(cell)}


def _statements(cell: str) -> Iterator[str]:
    try:
        tree = ast.parse(cell)
    except NO_PYTHON:
        yield from filter(str.strip, cell.splitlines())
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and not hasattr(node, "body"):
            yield ast.unparse(node)


class _Renamed(ast.NodeTransformer):
    def __init__(self) -> None:
        self.numbers: dict[str, str] = {}

    def numbered(self, name: str) -> str:
        return name if name in KEPT else self.numbers.setdefault(name, f"n{len(self.numbers)}")

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(self.numbered(node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(self.numbered(node.arg), None)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name = self.numbered(node.name)
        return self.generic_visit(node)
