"""Calls a learner's functions on given inputs and hands back plain data.

It knows no answer: what is expected never enters the kernel. The tape and the numerical derivative are taken from
TensorFlow before the notebook's first cell could replace them.
"""

import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import wire
from .recorder import Recorder
from .replay import Replay

MOST_TRAINED = 8  # globals that are looked into for what the notebook trained


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

    def __init__(self, namespace: "dict[str, Any]", recorder: Recorder) -> None:
        """Before the recorder's hooks are in."""
        from tensorflow.python.eager import backprop

        self._tape = backprop.GradientTape
        self._gradient = backprop.GradientTape.gradient  # not the recorded one
        self._namespace, self._recorder, self._seed = namespace, recorder, 0
        self._replay = Replay()
        self._replay.install()

    def begin(self, inputs: str) -> None:
        """What comes is about these inputs: whatever is drawn at random follows from them."""
        self._seed = zlib.crc32(inputs.encode())

    def replays(self, function: "Callable[[], Any]") -> "list[Any]":
        """What `function()` returns while the results of its tapes are changed; `expect.from_tape` compares."""
        return self._replay.run(lambda: plain(function()), self._seed, self._recorder)

    def global_named(self, name: str) -> Any:
        """The notebook's global of that name, or None: for what is not in the contract."""
        return self._namespace.get(name)

    def trained(self, name: str, read: "Callable[[Any], dict[str, Any]]") -> "list[dict[str, Any]]":
        """The variables that the notebook ended with: what `read` makes of the global `name`, then of any other
        global; it may raise for those that hold none. A model under another name has been trained as well."""
        names = [name, *(other for other in self._namespace if other != name and not other.startswith("_"))]
        objects = {id(value): value for value in map(self._namespace.get, names)}
        found: list[dict[str, Any]] = []
        for value in objects.values():
            try:
                variables = plain(read(value))
            except Exception:
                continue
            if variables and len(found) < MOST_TRAINED:
                found.append(variables)
        return found

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
