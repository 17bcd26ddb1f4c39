"""What a learner calls a variable: `w` in `w = tf.Variable(...)`, where TensorFlow itself only says "Variable"; and a
tensor that a gradient was asked for: `x` in `tape.gradient(loss, x)`."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from grader.doctor.events import Call
from grader.doctor.story import Spot, Story
from grader.doctor.trace import Variable

UNNAMED = ("Variable", "")
ASKING = ("gradient", "jacobian", "batch_jacobian")
LONGEST = 40  # characters of a name


def name_sources(story: Story, cells: Mapping[int | None, str]) -> None:
    """Gives every variable that TensorFlow has no name for the name that it was assigned to, and every other tensor
    that a gradient was asked for the name that it has there."""
    trees = {cell: tree for cell, source in cells.items() if (tree := parse(source)) is not None}
    for variable in story.variables.values():
        spot = story.spot(variable.place)
        if variable.name not in UNNAMED or spot is None or spot.cell not in cells:
            continue
        start = spot.span[0] if spot.span else None
        tree = trees.get(spot.cell)
        name = find_assignment(tree, spot.line, start) if tree is not None else None
        story.names[variable.id] = name or describe(variable)
    for call in story.of(Call):
        spot = story.spot(call.place)
        if spot is not None and spot.cell in trees:
            for source, name in zip(call.sources, find_asked(trees[spot.cell], spot), strict=False):
                if source.kind == "tensor" and len(name) <= LONGEST:
                    story.names.setdefault(source.number, name)


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


def find_asked(tree: ast.Module, spot: Spot) -> list[str]:
    """What `tape.gradient(target, sources)` is written with for each source; nothing where that is not written out."""
    begins = (spot.line, spot.span[0]) if spot.span else None
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ASKING):
            continue
        if node.lineno != spot.line or (begins and begins != (node.lineno, node.col_offset)):
            continue
        named = {keyword.arg: keyword.value for keyword in node.keywords}
        sources = node.args[1] if len(node.args) > 1 else named.get("sources")
        parts = sources.elts if isinstance(sources, ast.List | ast.Tuple) else [sources]
        return [ast.unparse(part) for part in parts if isinstance(part, ast.Name | ast.Attribute | ast.Subscript)]
    return []


def describe(variable: Variable) -> str:
    return f"the variable of shape {variable.shape}" if variable.shape else "the variable"
