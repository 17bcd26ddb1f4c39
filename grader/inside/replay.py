"""Calls a learner's function again with what tapes give it changed, so that one can see from outside whether its answer
depends on them.

While a replay runs, each result of a tape or of a forward accumulator is multiplied by a factor of its own. A gradient
that came from a tape changes with it, whoever asked for it and whatever was done to it since: summed, scaled, cast,
joined, clipped, kept in a variable. One that was recorded, written down or found by differences stays as it is.

A result that goes into a loss (a gradient penalty) would change the loss instead, so at first only the outermost tapes'
results are changed: those that come when no other tape records. Where there were others too, a second replay changes
them all. Functions that were traced are run line by line; a graph in which a tape was asked and that runs all the same
leaves the question open.
"""

import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from .recorder import Recorder, inside_forward_mode

FACTORS = (0.3, 0.7)  # below one, so that a limit on a gradient's length that does not bite does not bite here either


class Replay:
    """Installed before cell 1 and idle until `run`."""

    def __init__(self) -> None:
        self._factors: np.random.Generator | None = None
        self._all = False  # inner results too
        self._inner_seen = False
        self._nested = threading.local()  # jacobian calls gradient

    def install(self) -> None:
        from tensorflow.python.eager import backprop, forwardprop

        for owner, name in (
            (backprop.GradientTape, "gradient"),
            (backprop.GradientTape, "jacobian"),
            (backprop.GradientTape, "batch_jacobian"),
            (forwardprop.ForwardAccumulator, "jvp"),
        ):
            self._wrap(owner, name)

    def run(self, function: "Callable[[], Any]", seed: int, recorder: Recorder) -> "list[Any]":
        """What `function()` returns in one or two replays; an empty list where that cannot tell anything."""
        import tensorflow as tf

        answers: list[Any] = []
        eagerly, traced = tf.config.functions_run_eagerly(), recorder.traced_calls()
        tf.config.run_functions_eagerly(True)
        try:
            for self._all in (False, True):
                self._factors, self._inner_seen = np.random.default_rng(seed), False
                answers.append(function())
                if not self._inner_seen:
                    break
        except Exception:  # a check of the learner's own may have noticed the factors
            return []
        finally:
            self._factors = None
            tf.config.run_functions_eagerly(eagerly)
        return answers if recorder.traced_calls() == traced else []

    def _wrap(self, owner: Any, name: str) -> None:
        original = getattr(owner, name)

        def wrapper(this: Any, *args: Any, **kwargs: Any) -> Any:
            busy = self._factors is None or getattr(self._nested, "busy", False)
            if busy or inside_forward_mode(sys._getframe(1)):
                return original(this, *args, **kwargs)
            self._nested.busy = True
            try:
                result = original(this, *args, **kwargs)
            finally:
                self._nested.busy = False
            return self._changed(this, result)

        wrapper.__name__, wrapper.__doc__, wrapper.__wrapped__ = name, original.__doc__, original  # type: ignore[attr-defined]
        setattr(owner, name, wrapper)

    def _changed(self, this: Any, result: Any) -> Any:
        import tensorflow as tf

        if not _outermost(this):
            self._inner_seen = True
            if not self._all:
                return result
        return tf.nest.map_structure(self._multiplied, result)

    def _multiplied(self, value: Any) -> Any:
        import tensorflow as tf

        if value is None or self._factors is None:
            return value
        factor = self._factors.uniform(*FACTORS)
        if isinstance(value, tf.IndexedSlices):
            return tf.IndexedSlices(value.values * tf.cast(factor, value.dtype), value.indices, value.dense_shape)
        return value * tf.cast(factor, value.dtype)


def _outermost(this: Any) -> bool:
    """Whether no tape and no accumulator records but `this` one, which is set aside while we look."""
    from tensorflow.python import pywrap_tfe

    if not this._recording:
        return bool(pywrap_tfe.TFE_Py_TapeSetIsEmpty())
    kind = "accumulator" if hasattr(this, "_push_accumulator") else "tape"
    getattr(this, f"_pop_{kind}")()
    try:
        return bool(pywrap_tfe.TFE_Py_TapeSetIsEmpty())
    finally:
        getattr(this, f"_push_{kind}")()
