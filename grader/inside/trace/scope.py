"""The names that a running frame knows: what it calls an object, and what an expression in it is about."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from types import FrameType, FunctionType
from typing import Any

MOST_ITEMS = 1_000  # of a list or dictionary that is looked through
LIBRARIES = ("builtins", "tensorflow", "keras", "numpy")  # whose objects are not looked into
VALUELESS = ("stop_gradient", "zeros_like", "ones_like", "shape", "dtype", "numpy")  # take nothing on that has a slope


class Scope:
    def __init__(self, frame: FrameType) -> None:
        self.filename = frame.f_code.co_filename
        self._names = frame.f_locals
        self._fields: dict[str, Any] = getattr(frame.f_locals.get("self"), "__dict__", {})
        self._globals = frame.f_globals

    def name_of(self, value: Any) -> str:
        """ "w", "self.w", "weights[0]", or nothing."""
        spaces = (("", self._names), ("self.", self._fields), ("", self._globals))
        return next((start + name for start, space in spaces if (name := find_name(space, value))), "")

    def list_named(self, expression: ast.expr) -> list[Any]:
        """The objects that an expression names, and those that the learner's functions among them name; none where
        some call takes nothing of their values on."""
        nodes = list(ast.walk(expression))
        if any(getattr(node, "attr", getattr(node, "id", "")) in VALUELESS for node in nodes):
            return []
        found = [self._look_up(node) for node in nodes]
        return [*found, *(one for function in found if type(function) is FunctionType for one in list_used(function))]

    def _look_up(self, node: ast.AST) -> Any:
        if isinstance(node, ast.Name):
            return self._names.get(node.id, self._globals.get(node.id))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
            return self._fields.get(node.attr)
        return None


def list_used(function: FunctionType) -> Iterator[Any]:
    """What a function reads from outside itself."""
    if set(VALUELESS) & set(function.__code__.co_names):
        return
    yield from (function.__globals__.get(name) for name in function.__code__.co_names)
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not bound yet
            continue


def find_name(space: dict[str, Any], value: Any) -> str:
    """The name of an object in a namespace, or of its place in a list, a dictionary or a plain object there."""
    names = [(name, item) for name, item in list(space.items()) if not name.startswith("_")]
    for name, item in names:
        if item is value:
            return name
    for name, item in names:
        for key, one in list_items(item):
            if one is value:
                return f"{name}{key}"
    return ""


def list_items(holder: Any) -> Iterator[tuple[str, Any]]:
    if type(holder) in (list, tuple, dict) and len(holder) <= MOST_ITEMS:
        rows = holder.items() if type(holder) is dict else enumerate(holder)
        yield from ((f"[{key!r}]", one) for key, one in list(rows))
    elif str(type(holder).__module__).partition(".")[0] not in LIBRARIES:
        yield from ((f".{key}", one) for key, one in list(getattr(holder, "__dict__", {}).items()))
