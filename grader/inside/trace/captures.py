"""Plain Python values that a function read while it was compiled, and that are others now: it keeps those that it read.

Which values a function reads is known from its code, and from the objects that it has at hand while an operation of it
is built: globals, what it closes over, the attributes of its own objects, the items of small lists and dictionaries.
After each further call of a compiled function they are looked at again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from types import CellType, FrameType, FunctionType
from typing import Any

import numpy as np
from tensorflow.python.framework import ops

from .log import Log, array_of
from .scope import LIBRARIES

MOST_VALUES = 400
DEEPEST = 3  # functions that call functions, whose closures are looked into
MOST_ITEMS = 50  # of a list or dictionary that is looked into
MOST_ELEMENTS = 10_000  # of an array
MOST_SIZES = 40  # different values that are noted of one


class Value:
    """One plain value: where it is kept, what the compiled function read, and what it has been since."""

    def __init__(self, holder: Any, key: Any, label: str, function: str) -> None:
        self.holder, self.key, self.label, self.function = holder, key, label, function
        self.read: list[Any] = []  # once for each time that it was read while something was compiled
        self.sizes: list[float] = []
        self.is_tensor = False

    def now(self) -> Any:
        if isinstance(self.holder, CellType):
            return contents_of(self.holder)
        try:
            return self.holder[self.key] if isinstance(self.holder, dict | list) else vars(self.holder)[self.key]
        except (LookupError, TypeError):
            return None

    def look_again(self) -> None:
        now = values_of(self.now())
        if is_plain(now) and not self.is_known(now):
            size = float(np.max(np.abs(np.asarray(now, dtype=float)), initial=0.0))
            if size not in self.sizes and len(self.sizes) < MOST_SIZES:
                self.sizes.append(size)

    def is_known(self, now: Any) -> bool:
        return any(before is now or np.array_equal(before, now) for before in self.read)


class Captures:
    def __init__(self, log: Log) -> None:
        self.log = log
        self._values: dict[tuple[int, str], Value] = {}
        self._of: dict[int, set[tuple[int, str]]] = {}  # compiled function -> what it read
        self._running: tuple[int, set[tuple[int, str]]] | None = None  # the same, of the one that is being called
        self._looked_into: set[tuple[int, int]] = set()
        self._cells: dict[tuple[str, str], CellType] = {}
        self._function: Any = None
        self._caller: FrameType | None = None

    @contextmanager
    def calling(self, compiled: Any, function: Any) -> Iterator[None]:
        """Around each call of a compiled function from outside. `function`: from which it was compiled."""
        fresh: set[tuple[int, str]] = set()
        self._running, self._function, self._caller = (id(compiled), fresh), function, sys._getframe(2)
        self._looked_into.clear()
        self._cells.clear()
        try:
            yield
        finally:
            self._running = self._caller = None
            known = self._of.setdefault(id(compiled), set())
            with self.log.noting():
                for key in known - fresh:
                    self._values[key].look_again()
            known |= fresh

    def note(self) -> None:
        """An operation of a compiled function is being built: what do the learner's functions on the stack read?"""
        if self._running is None:
            return
        for frame in self.log.places.running(self._caller):
            about = (id(frame.f_code), id(frame))
            if about not in self._looked_into:
                self._looked_into.add(about)
                self._cells = self._cells or list_cells(self._function)
                name = frame.f_code.co_name.removeprefix("tf__")
                own = {variable: cell for (owner, variable), cell in self._cells.items() if owner == name}
                for holder, key, label in list_values(frame, own):
                    self._read(holder, key, label, name)

    def _read(self, holder: Any, key: Any, label: str, function: str) -> None:
        assert self._running is not None
        known = (id(holder), repr(key))
        if known not in self._values:
            if len(self._values) == MOST_VALUES:
                return
            self._values[known] = Value(holder, key, label, function)
        value = self._values[known]
        value.is_tensor |= isinstance(value.now(), ops.EagerTensor)
        now = values_of(value.now())
        if not value.is_known(now):
            value.read.append(now.copy() if isinstance(now, np.ndarray) else now)
        self._running[1].add(known)

    def finish(self) -> None:
        """Notes the values that have changed, each with the line that reads it."""
        for value in self._values.values():
            if value.sizes:
                place = self.log.places.of_reading(value.label.partition("[")[0], value.function)
                self.log.tick()
                facts = {"name": value.label, "sizes": value.sizes, "tensor": value.is_tensor}
                self.log.event("captured", place=place, **facts)


def list_values(frame: FrameType, cells: dict[str, CellType]) -> Iterator[tuple[Any, Any, str]]:
    """(holder, key, what the code calls it) of the plain values that the code of a frame may read."""
    code, space = frame.f_code, frame.f_locals
    outer: dict[str, tuple[Any, Any]] = {
        name: (frame.f_globals, frame.f_globals[name]) for name in code.co_names if name in frame.f_globals
    }
    outer |= {name: (cell, contents_of(cell)) for name, cell in cells.items() if name in code.co_freevars}
    for name, (holder, value) in outer.items():
        if is_plain(value):
            yield holder, name, name
        else:
            yield from list_items(value, name)
    for name, value in {**{name: value for name, (_, value) in outer.items()}, **space}.items():
        if has_own_fields(value):
            fields = vars(value)
            for field in fields.keys() & set(code.co_names):
                if is_plain(fields[field]):
                    yield value, field, f"{name}.{field}"
                else:
                    yield from list_items(fields[field], f"{name}.{field}")


def list_cells(function: Any, depth: int = DEEPEST) -> dict[tuple[str, str], CellType]:
    """What a function, and those that it calls by name, closes over: by the function's name and the variable's."""
    if not isinstance(function, FunctionType):
        return {}
    own = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    found = {(function.__name__, name): cell for name, cell in own.items()}
    called = [function.__globals__.get(name) for name in function.__code__.co_names]
    called += [contents_of(cell) for cell in own.values()]
    for other in called if depth else []:
        found |= list_cells(other, depth - 1)
    return found


def contents_of(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not bound yet
        return None


def list_items(value: Any, label: str) -> Iterator[tuple[Any, Any, str]]:
    if isinstance(value, list | dict) and len(value) <= MOST_ITEMS:
        keys = list(value) if isinstance(value, dict) else range(len(value))
        yield from ((value, key, f"{label}[{key!r}]") for key in keys if is_plain(value[key]))


def has_own_fields(value: Any) -> bool:
    return hasattr(value, "__dict__") and str(type(value).__module__).partition(".")[0] not in (*LIBRARIES, "types")


def values_of(value: Any) -> Any:
    return array_of(value) if isinstance(value, ops.EagerTensor) else value


def is_plain(value: Any) -> bool:
    if isinstance(value, ops.EagerTensor):
        return bool(value.dtype.is_floating) and prod(value._shape_tuple()) <= MOST_ELEMENTS
    if isinstance(value, np.ndarray):
        return value.size <= MOST_ELEMENTS and value.dtype.kind in "biuf"
    return isinstance(value, bool | int | float | np.number)
