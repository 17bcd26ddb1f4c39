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
GRADIENTS = (  # whose code takes gradients or applies them
    *("keras/src/optimizers/", "tensorflow/python/eager/backprop", "tensorflow/python/eager/forwardprop"),
    *(
        "tensorflow/python/ops/gradients",
        "tensorflow/python/ops/custom_gradient",
        "tensorflow/python/eager/imperative_grad",
    ),
)


def note(log: Log, error: BaseException) -> None:
    with log.noting():
        frames = unwound(error.__traceback__)
        ours = [(frame, last) for frame, last in frames if log.places.is_learners(frame.f_code)]
        compiled = compiled_spot(log, error)
        deepest = frames[-1][0] if frames else None
        called = deepest.f_code if deepest is not None and (not ours or deepest is not ours[-1][0]) else None
        trail = [(frame.f_code, last) for frame, last in reversed(ours)]
        log.tick()
        log.event(
            "error",
            type=type(error).__name__,
            message=heart_of(error)[:MESSAGE],
            gradients=is_about_gradients(log, error, frames),
            place=log.places.of_traceback(trail, called) if trail else -1,
            compiled=compiled,
            custom=custom_gradient_spot(log, frames),
            operands=operands(*ours[-1]) if ours else [],
        )


def heart_of(error: BaseException) -> str:
    """An exception's own message: AutoGraph puts the stack before it."""
    own = getattr(getattr(error, "ag_error_metadata", None), "cause_message", None)
    return str(error) if own is None else str(own).removeprefix(f"{type(error).__name__}: ")


def is_about_gradients(log: Log, error: BaseException, frames: list[tuple[FrameType, int]]) -> bool:
    """It was raised while a tape recorded, or by what takes gradients or applies them."""
    files = [frame.f_code.co_filename for frame, _ in frames]
    files += [frame.filename for frame in getattr(getattr(error, "ag_error_metadata", None), "translated_stack", ())]
    return any(one is log.broken_by for one in chain_of(error)) or any(
        part in file for file in files for part in GRADIENTS
    )


def chain_of(error: BaseException | None) -> list[BaseException]:
    """An exception, and those that led to it."""
    chain: list[BaseException] = []
    while error is not None and not any(one is error for one in chain):
        chain.append(error)
        error = error.__cause__ or error.__context__
    return chain


def compiled_spot(log: Log, error: BaseException | None) -> list[int] | None:
    """[cell, line] inside a compiled function, whose own frames AutoGraph has replaced by generated code."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        stack = getattr(getattr(error, "ag_error_metadata", None), "translated_stack", ())
        for frame in stack:
            cell = log.places.cell_of(frame.filename)
            if cell is not None:
                return [cell, frame.lineno]
        error = error.__cause__ or error.__context__
    return None


def custom_gradient_spot(log: Log, frames: list[tuple[FrameType, int]]) -> int:
    """Where a custom gradient was written that TensorFlow could not use."""
    for frame, _ in frames:
        if frame.f_code.co_name == "_eager_mode_decorator":
            gradient, function = frame.f_locals.get("grad_fn"), frame.f_locals.get("f")
            if gradient is not None:
                return log.places.of_code(gradient.__code__)
            return -1 if function is None else log.places.end_of_code(function.__code__)
    return -1


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
    lines = [
        linecache.getline(frame.f_code.co_filename, number) for number in range(first or 1, (last or first or 1) + 1)
    ]
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
