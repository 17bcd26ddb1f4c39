"""Variables: where they were made, whether they learn, how their values moved, and the experiment of nudging one.

A nudge moves a variable by a small step along a fixed direction right after one of its writes. A second run of the
same program with one nudge, compared with the first, shows what depends on the variable, however the value travels.
"""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np
from tensorflow.python.framework import ops
from tensorflow.python.ops import gen_resource_variable_ops, resource_variable_ops

from .log import Log, array_of, digest, direction
from .operations import Undo

MOST_VARIABLES = 5_000


class Registry:
    """Every variable that the program made, in the order in which it made them."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.entries: list[dict[str, Any]] = []
        self.by_handle: dict[int, dict[str, Any]] = {}
        self.alive: dict[int, weakref.ref[Any]] = {}

    def register(self, variable: Any, layers: list[int]) -> None:
        handle = getattr(variable, "_handle", None)
        if not isinstance(handle, ops.EagerTensor) or len(self.entries) >= MOST_VARIABLES:
            return
        entry = {
            "id": int(handle._id),
            "ordinal": len(self.entries),
            "name": str(variable.name).split(":")[0],
            "dtype": variable.dtype.name,
            "shape": list(variable.shape.as_list() or []),
            "trainable": bool(variable.trainable),
            "place": self.log.places.here(),
            "clock": self.log.clock,
            "layers": layers,
            "writes": 0,
        }
        self.entries.append(entry)
        self.by_handle[entry["id"]] = entry
        self.alive[entry["id"]] = weakref.ref(variable)
        entry["initial"] = self.value_mark(entry["id"])
        self.nudge(entry)

    def written(self, handle: int) -> None:
        entry = self.by_handle.get(handle)
        if entry is not None:
            entry["writes"] += 1
            self.nudge(entry)

    def nudge(self, entry: dict[str, Any]) -> None:
        for ordinal, write, size in self.log.plan.get("nudge", ()):
            if entry["ordinal"] == ordinal and entry["writes"] == write:
                variable = self.alive[entry["id"]]()
                assert variable is not None
                shape = tuple(entry["shape"])
                delta = np.asarray(size * direction(0, shape), dtype=variable.dtype.as_numpy_dtype)
                gen_resource_variable_ops.assign_add_variable_op(variable.handle, ops.convert_to_tensor(delta))

    def value_mark(self, handle: int) -> str | None:
        variable = self.alive[handle]()
        if variable is None:
            return None
        try:
            array = array_of(gen_resource_variable_ops.read_variable_op(variable.handle, variable.dtype))
        except Exception:  # not initialised
            return None
        return None if array is None else digest(array)

    def finish(self) -> None:
        """Notes each variable's name (Keras names it after making it) and whether its value is what it was at first."""
        for entry in self.entries:
            variable = self.alive[entry["id"]]()
            if variable is not None:
                entry["final"] = self.value_mark(entry["id"])


def observe(log: Log, layers: Any) -> tuple[Undo, Registry]:
    registry = Registry(log)
    original = resource_variable_ops.ResourceVariable._init_from_args

    def init(self: Any, *args: Any, **options: Any) -> None:
        original(self, *args, **options)
        if not log.busy:
            with log.noting():
                log.tick()
                registry.register(self, layers())

    resource_variable_ops.ResourceVariable._init_from_args = init

    def undo() -> None:
        resource_variable_ops.ResourceVariable._init_from_args = original

    return undo, registry
