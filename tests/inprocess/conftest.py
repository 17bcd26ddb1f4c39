"""Programs with `with grader.doctor()` in them run in processes of their own, forked from one that has TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.doctor.conftest import bench  # noqa: F401  a fixture
from tests.doctor.workbench import Workbench

Answer = Callable[[str], Any]
START = """\
import threading
import keras, numpy as np, tensorflow as tf
import grader
keras.utils.set_random_seed(3)
layers = keras.layers
model = keras.Sequential(
    [layers.Input((3,)), layers.Dense(4, activation="tanh"), layers.Dropout(0.5), layers.Dense(1)]
)
optimizer = keras.optimizers.Adam(0.1)
x, y = np.linspace(-1, 1, 24, dtype="f").reshape(8, 3), np.linspace(0, 1, 8, dtype="f").reshape(8, 1)

def step(function=tf.identity):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((function(model(x, training=True)) - y) ** 2)
    gradients = tape.gradient(loss, model.trainable_variables)
    if gradients[0] is not None:
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    return gradients
"""


@pytest.fixture
def answer(bench: Workbench) -> Answer:  # noqa: F811
    """Runs a program after START, and fetches what it calls `answer`; that it raises is an AssertionError."""

    def run(program: str) -> Any:
        result = bench.run(START + program, None, extra="globals().get('answer')")
        assert "broke" not in result and result["trace"]["error"] is None, result
        return result["extra"]

    return run
