"""What a Keras loss is given: targets and predictions, their shapes and their ranges, where they meet."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from keras.src.losses.loss import Loss
from tensorflow.python.framework import ops

from .log import Log
from .operations import Undo, constant_or_known

NOTED = 20  # meetings at one loss
MOST_ELEMENTS = 2_000_000
KERAS = "keras."


def observe(log: Log) -> Undo:
    original = Loss.__call__
    noted: Counter[int] = Counter()

    def call(self: Any, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        if not log.busy and isinstance(y_pred, ops.EagerTensor) and noted[id(self)] < NOTED:
            with log.noting():
                noted[id(self)] += 1
                note(log, self, y_true, y_pred)
        return original(self, y_true, y_pred, sample_weight)

    Loss.__call__ = call

    def undo() -> None:
        Loss.__call__ = original

    return undo


def note(log: Log, loss: Any, y_true: Any, y_pred: Any) -> None:
    targets, predictions = (
        np.asarray(getattr(one, "_numpy_internal", lambda one=one: one)()) for one in (y_true, y_pred)
    )
    if max(targets.size, predictions.size) > MOST_ELEMENTS or not min(targets.size, predictions.size):
        return
    function = getattr(loss, "fn", None)
    of_keras = str(getattr(function, "__module__", "")).startswith(KERAS)
    place = log.places.here()
    number = constant_or_known(log, y_pred, place)
    log.tick()
    log.event(
        "meeting",
        place=place,
        loss=str(getattr(function, "__name__", "")) if of_keras else "",
        logits=bool(getattr(loss, "_fn_kwargs", {}).get("from_logits")),
        predictions=number,
        targets_shape=list(targets.shape),
        predictions_shape=list(predictions.shape),
        whole=bool(np.array_equal(targets, np.round(targets))) if targets.dtype.kind in "fiub" else False,
        targets_range=range_of(targets),
        predictions_range=range_of(predictions),
        apart=apart_from_one(predictions),
    )


def range_of(values: Any) -> list[float] | None:
    if values.dtype.kind not in "fiub":
        return None
    low, high = float(values.min()), float(values.max())
    return [low, high] if np.isfinite(low) and np.isfinite(high) else None


def apart_from_one(values: Any) -> float:
    """How far the rows' sums are from one, at most."""
    sums = values.astype(np.float64).sum(axis=-1) if values.ndim and values.dtype.kind == "f" else np.ones(1)
    return float(np.nan_to_num(np.abs(sums - 1.0), nan=0.0, posinf=0.0).max())
