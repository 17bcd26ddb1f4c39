"""Keras' LossScaleOptimizer: whether anybody asked it to scale a loss, and what each of its steps was given."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from keras.src.optimizers.loss_scale_optimizer import LossScaleOptimizer

from .backward import dense_part
from .log import Log, state_of
from .operations import Undo
from .tapes import identity

NOTED = 40  # steps


def observe(log: Log) -> Undo:
    apply, scale_loss = LossScaleOptimizer.apply, LossScaleOptimizer.scale_loss
    scaled: set[int] = set()  # ids of optimizers
    noted: list[None] = []

    def scale(self: Any, loss: Any) -> Any:
        scaled.add(id(self))
        return scale_loss(self, loss)

    def step(self: Any, grads: Any, trainable_variables: Any = None) -> Any:
        grads = list(grads)
        variables = None if trainable_variables is None else list(trainable_variables)
        if not log.busy and tf.executing_eagerly() and len(noted) < NOTED:
            with log.noting():
                noted.append(None)
                note(log, self, grads, variables or [], id(self) in scaled)
        return apply(self, grads, variables)

    LossScaleOptimizer.apply, LossScaleOptimizer.scale_loss = step, scale

    def undo() -> None:
        LossScaleOptimizer.apply, LossScaleOptimizer.scale_loss = apply, scale_loss

    return undo


def note(log: Log, optimizer: Any, grads: list[Any], variables: list[Any], scaled: bool) -> None:
    states = [state_of(dense_part(grad)) for grad in grads if grad is not None]
    number = float(optimizer.dynamic_scale.numpy()) if optimizer.built else float(optimizer.initial_scale)
    pairs = [
        [getattr(dense_part(grad), "_id", None), identity(log, variable)[0]]
        for grad, variable in zip(grads, variables, strict=False)
    ]
    log.tick()
    log.event(
        "scaled_step",
        place=log.places.here(),
        scale=number,
        scaled=scaled,
        finite=all(state[0] for state in states if state),
        pairs=pairs,
    )
