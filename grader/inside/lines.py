"""Line numbers that are looked up instead of searched for.

For messages that are seldom written, TensorFlow asks at every eager operation which line each of 30 frames of the stack
is on. CPython 3.11 reads a function's table of lines from its beginning for that, a sixth of an eager training step's
time, unless the function has ever been traced: then it keeps an array of lines (`_co_linearray`). So each function of
the libraries is entered once under a trace function that ends it before its first line.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from inspect import CO_COROUTINE, CO_GENERATOR
from types import CellType, CodeType, FrameType, FunctionType
from typing import Any

HELPS = sys.implementation.name == "cpython" and sys.version_info[:2] == (3, 11)
ON_THE_STACK = (
    *(f"tensorflow.python.{part}." for part in ("eager", "framework", "ops", "util")),
    *("keras.src.", "IPython.", "ipykernel.", "asyncio.", "tornado.", "grader.inside.", "_gradient_"),
)


class _EndedError(BaseException):
    """Ends a function; no `except Exception` stops it."""


def make_arrays() -> None:
    """Make the lines of every function ready that may be on a cell's stack: 0.2 s. To be called with all frozen."""
    if not HELPS:
        return
    gc.disable()
    gc.unfreeze()  # the collector does not list what is frozen
    for code in list(_codes()):
        _enter(code)
    gc.freeze()
    gc.enable()


def _codes() -> Iterator[CodeType]:
    functions = (thing for thing in gc.get_objects() if type(thing) is FunctionType)
    waiting = [one.__code__ for one in functions if (one.__module__ or "").startswith(ON_THE_STACK)]
    seen: set[int] = set()
    while waiting:
        code = waiting.pop()
        if id(code) not in seen:
            seen.add(id(code))
            waiting += (constant for constant in code.co_consts if isinstance(constant, CodeType))
            if code.co_name == "<lambda>" or not code.co_name.startswith("<"):  # a comprehension over nothing may crash
                yield code


def _enter(code: CodeType) -> None:
    function = FunctionType(code, {}, closure=tuple(CellType() for _ in code.co_freevars))
    positional = [None] * code.co_argcount
    keywords = dict.fromkeys(code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount])
    sys.settrace(_end)  # from here on, whatever Python function is called ends at once
    try:
        entered: Any = function(*positional, **keywords)
        if code.co_flags & (CO_GENERATOR | CO_COROUTINE):
            entered.send(None)
    except _EndedError:
        pass
    finally:
        sys.settrace(None)


def _end(_frame: FrameType, event: str, _argument: object) -> Any:
    if event == "line":
        raise _EndedError
    return _end
