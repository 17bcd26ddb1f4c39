"""What a learner calls a variable: `w` in `w = tf.Variable(...)`, where TensorFlow itself only says "Variable"."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from grader.doctor.story import Story
from grader.doctor.trace import Variable

UNNAMED = ("Variable", "")


def name_variables(story: Story, cells: Mapping[int | None, str]) -> None:
    """Gives every variable that TensorFlow has no name for the name that it was assigned to."""
    trees: dict[int | None, ast.Module | None] = {}
    for variable in story.variables.values():
        spot = story.spot(variable.place)
        if variable.name not in UNNAMED or spot is None or spot.cell not in cells:
            continue
        if spot.cell not in trees:
            trees[spot.cell] = parse(cells[spot.cell])
        tree = trees[spot.cell]
        start = spot.span[0] if spot.span else None
        name = find_assignment(tree, spot.line, start) if tree is not None else None
        story.names[variable.id] = name or describe(variable)


def parse(source: str) -> ast.Module | None:
    """A cell's syntax tree; magics and shell lines, which are not Python, are blanked out first."""
    lines = ["" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines()]
    try:
        return ast.parse("\n".join(lines))
    except SyntaxError:
        return None


def find_assignment(tree: ast.Module, line: int, column: int | None) -> str | None:
    """The target of the assignment whose value holds this position."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and node.lineno <= line <= (node.end_lineno or node.lineno):
            value = node.value
            begins = (value.lineno, value.col_offset)
            ends = (value.end_lineno or value.lineno, value.end_col_offset or 0)
            if column is None or begins <= (line, column) < ends:
                return ast.unparse(node.targets[0])
    return None


def describe(variable: Variable) -> str:
    return f"the variable of shape {variable.shape}" if variable.shape else "the variable"
