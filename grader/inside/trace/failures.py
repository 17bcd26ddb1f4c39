"""An exception that the learner's code raised: where, calling what, and what the values at that spot were.

The values matter more than the message: `0.1 * g` fails because g is None, or is sparse, and both came from a
`gradient()` call.
"""

from __future__ import annotations

import ast
import linecache
from types import FrameType, TracebackType
from typing import Any

import numpy as np
import tensorflow as tf

from .log import Log

MESSAGE = 600  # characters


def note(log: Log, error: BaseException) -> None:
    with log.at_work():
        frames = unwound(error.__traceback__)
        ours = [(frame, last) for frame, last in frames if log.places.is_learners(frame.f_code)]
        deepest = frames[-1][0] if frames else None
        called = deepest.f_code if deepest is not None and (not ours or deepest is not ours[-1][0]) else None
        trail = [(frame.f_code, last) for frame, last in reversed(ours)]
        log.tick()
        log.event(
            "error",
            type=type(error).__name__,
            message=str(error)[:MESSAGE],
            place=log.places.of_traceback(trail, called) if trail else -1,
            operands=operands(*ours[-1]) if ours else [],
            within=log.within,
        )


def unwound(traceback: TracebackType | None) -> list[tuple[FrameType, int]]:
    frames = []
    while traceback is not None:
        frames.append((traceback.tb_frame, traceback.tb_lasti))
        traceback = traceback.tb_next
    return frames


def operands(frame: FrameType, instruction: int) -> list[list[str]]:
    """[name, kind] of the names in the expression that failed."""
    spans = list(frame.f_code.co_positions())
    first, last, _, _ = spans[instruction // 2]
    lines = [linecache.getline(frame.f_code.co_filename, number) for number in range(first or 1, (last or first or 1) + 1)]
    try:
        tree = ast.parse("".join(lines).strip().rstrip(":"))
    except SyntaxError:
        return []
    names = sorted({node.id for node in ast.walk(tree) if isinstance(node, ast.Name)})
    space = {**frame.f_globals, **frame.f_locals}
    return [[name, kind(space[name])] for name in names if name in space]


def kind(value: Any) -> str:
    if value is None:
        return "None"
    if isinstance(value, tf.IndexedSlices):
        return "IndexedSlices"
    if isinstance(value, (list, tuple)) and any(item is None for item in value):
        return "list with None"
    if isinstance(value, (list, tuple)) and any(isinstance(item, tf.IndexedSlices) for item in value):
        return "list with IndexedSlices"
    if isinstance(value, np.ndarray):
        return "array"
    if isinstance(value, (tf.Variable, tf.Tensor)):
        return "variable" if isinstance(value, tf.Variable) else "tensor"
    return type(value).__name__
