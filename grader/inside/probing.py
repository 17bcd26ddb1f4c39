"""Calls a learner's functions on given inputs and hands back plain data.

It knows no answer: what is expected never enters the kernel. The tape and the numerical derivative are taken from
TensorFlow before the notebook's first cell could replace them.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import wire


class MissingName(Exception):  # noqa: N818  a learner reads this name
    """The notebook defines nothing of that name."""


class Learner:
    """The notebook's globals as attributes."""

    def __init__(self, namespace: "dict[str, Any]") -> None:
        self._namespace = namespace

    def __getattr__(self, name: str) -> Any:
        try:
            return self._namespace[name]
        except KeyError:
            raise MissingName(name) from None


class Tools:
    """What a probe may use besides the learner's functions."""

    def __init__(self) -> None:
        from tensorflow.python.eager import backprop

        self._tape = backprop.GradientTape
        self._gradient = backprop.GradientTape.gradient  # not the recorded one

    def gradients(self, function: "Callable[[], Any]", sources: Sequence[Any]) -> "tuple[Any, list[Any]]":
        """The value of `function()` and its gradients by the grader's own tape."""
        with self._tape() as tape:
            value = function()
        return value, self._gradient(tape, value, list(sources))

    def directional(
        self,
        function: "Callable[[], Any]",
        variables: Sequence[Any],
        directions: Sequence[Any],
        step: float = 1e-3,
    ) -> float:
        """The numerical derivative of `function()` along `directions`, by central differences.

        `directions`: one array for each variable, of its shape. The variables have their values again afterwards.
        """
        before = [np.array(variable) for variable in variables]

        def moved(distance: float) -> float:
            for variable, value, direction in zip(variables, before, directions, strict=True):
                variable.assign(value + (distance * np.asarray(direction)).astype(value.dtype))
            return float(np.asarray(function()))

        try:
            return (moved(step) - moved(-step)) / (2 * step)
        finally:
            for variable, value in zip(variables, before, strict=True):
                variable.assign(value)


def plain(value: Any) -> Any:
    """A probe's answer as a tree of plain data; TypeError names what can't be one."""
    import tensorflow as tf

    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, tf.IndexedSlices):
        value = tf.convert_to_tensor(value)
    array = np.asarray(value)
    if array.dtype.kind not in wire.KINDS:
        array = array.astype(np.float32)  # bfloat16; raises for objects
    return array


def device_of(value: Any) -> "str | None":
    """The kind of device ("CPU", "GPU") on which the first tensor found in a probe's answer lies."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return next((device for device in map(device_of, value) if device), None)
    device = getattr(value, "device", None)
    return device.split(":")[-2] if isinstance(device, str) and device.count(":") >= 2 else None
