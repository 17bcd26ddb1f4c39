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

from .log import OLDER, Log, array_of, digest, direction
from .operations import Undo

MOST_VARIABLES = 5_000
UNNAMED = "Variable"  # the name that TensorFlow gives by default


class Registry:
    """Every variable that the program made, in the order in which it made them."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.entries: list[dict[str, Any]] = []
        self.by_handle: dict[int, dict[str, Any]] = {}
        self.alive: dict[int, weakref.ref[Any]] = {}
        self.making: set[int] = set()  # whose constructor is running

    def register(self, variable: Any, layers: list[int]) -> None:
        """Takes up a variable that has just been made."""
        self._enter(variable, self.log.clock, layers, name_of(variable), self.log.places.here())

    def meet(self, variable: Any) -> None:
        """Takes up a variable that was made before the trace began, when it is first used."""
        variable = getattr(variable, "_value", variable)  # of a Keras variable
        handle = getattr(variable, "_handle", None)
        known = not isinstance(handle, ops.EagerTensor) or int(handle._id) in self.by_handle
        if not known and id(variable) not in self.making:
            with self.log.noting():
                older = self.log.places.of_older(variable, self.log.places.here(), of_variable=True)
                name = name_of(variable) if name_of(variable) != UNNAMED else older.name
                self._enter(variable, OLDER, [], name or f"the variable of shape {tuple(variable.shape)}", older.place)

    def _enter(self, variable: Any, clock: int, layers: list[int], name: str, place: int) -> None:
        handle = getattr(variable, "_handle", None)
        if not isinstance(handle, ops.EagerTensor) or len(self.entries) >= MOST_VARIABLES:
            return
        entry = {
            "id": int(handle._id),
            "ordinal": len(self.entries),
            "name": name,
            "dtype": variable.dtype.name,
            "shape": list(variable.shape.as_list() or []),
            "trainable": bool(variable.trainable),
            "place": place,
            "clock": clock,
            "layers": layers,
            "writes": 0,
        }
        self.entries.append(entry)
        self.by_handle[entry["id"]] = entry
        self.alive[entry["id"]] = weakref.ref(variable)
        entry["initial"] = self.value_mark(entry["id"])
        self.log.entered(variable)
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
        array = None if variable is None else read_value(variable)
        return None if array is None else digest(array)

    def forget(self) -> None:
        for known in (self.entries, self.by_handle, self.alive):
            known.clear()

    def finish(self, layers: list[dict[str, Any]]) -> None:
        """Notes whether each variable's value is what it was at first, and whose it is where nobody saw it made."""
        for entry in self.entries:
            entry["account"] = self.log.account(entry["id"])
            if entry["clock"] == OLDER:
                entry["layers"] = [number for number, layer in enumerate(layers) if entry["id"] in layer["own"]]
            variable = self.alive[entry["id"]]()
            if variable is not None:
                entry["final"] = self.value_mark(entry["id"])


def observe(log: Log, layers: Any) -> tuple[Undo, Registry]:
    registry = Registry(log)
    original = resource_variable_ops.ResourceVariable._init_from_args

    def init(self: Any, *args: Any, **options: Any) -> None:
        registry.making.add(id(self))
        try:
            original(self, *args, **options)
        finally:
            registry.making.discard(id(self))
        if not log.busy:
            with log.noting():
                log.tick()
                registry.register(self, layers())

    resource_variable_ops.ResourceVariable._init_from_args = init

    def undo() -> None:
        resource_variable_ops.ResourceVariable._init_from_args = original

    return undo, registry


def observe_older(log: Log, registry: Registry) -> Undo:
    """Variables that were made before the trace began, as soon as anything is done with them."""
    cls = resource_variable_ops.BaseResourceVariable
    original = cls.__dict__["handle"]

    def handle(self: Any) -> Any:
        if not log.busy:
            registry.meet(self)
        return original.fget(self)

    log.met = registry.meet
    cls.handle = property(handle)

    def undo() -> None:
        cls.handle = original

    return undo


def read_value(variable: Any) -> np.ndarray[Any, Any] | None:
    """A copy of a variable's value; None where it has none yet."""
    try:
        array = array_of(gen_resource_variable_ops.read_variable_op(variable.handle, variable.dtype))
    except Exception:  # not initialised
        return None
    return None if array is None else array.copy()


def name_of(variable: Any) -> str:
    return str(variable.name).split(":")[0]
