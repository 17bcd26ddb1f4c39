"""What it costs a notebook to be watched: eager steps and `model.fit`, with the gradient recorder and without it.

    python benchmarks/recorder.py

The odd one out: it runs where notebooks run. Its own cells go through a real IPython shell, because the recorder
looks for the cell that asks for a gradient.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from IPython.core.interactiveshell import InteractiveShell
from keras.src.optimizers.base_optimizer import BaseOptimizer
from measuring import Figures, Part, Target, arguments, interleaved, ratio, show
from tensorflow.python.eager.backprop import GradientTape

from grader.inside.cells import Cells
from grader.inside.recorder import Recorder

STEPS, EPOCHS = 20, 4  # in one measurement
MOST = 1.10  # what Gradient Clinic promises
WITHOUT, WITH = "without the recorder", "with the recorder"

CELL = """
import keras
import numpy as np
import tensorflow as tf

generator = np.random.default_rng(1)
x = generator.normal(size=(256, 8)).astype("float32")
y = 2 * x[:, :1] + 1

def build_model():
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [keras.layers.Input((8,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1)]
    )
    model.compile("adam", "mse")
    return model

def eager(model, steps):
    optimizer = model.optimizer
    for _ in range(steps):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(x[:8]) - y[:8]) ** 2)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))

def fit(model, epochs):
    model.fit(x, y, epochs=epochs, batch_size=8, verbose=0)
"""

Hooks = tuple[Callable[..., Any], ...]
PLACES = ((GradientTape, "gradient"), (GradientTape, "jacobian"), (BaseOptimizer, "apply"))


def current() -> Hooks:
    return tuple(getattr(owner, name) for owner, name in PLACES)


def use(hooks: Hooks) -> None:
    for (owner, name), function in zip(PLACES, hooks, strict=True):
        setattr(owner, name, function)


def measured(
    name: str, hooks: Hooks, build: Callable[[], Any], train: Callable[..., None], count: int
) -> Callable[[], Mapping[str, float]]:
    """Milliseconds of training with these hooks. Each has its own model: a graph keeps the hooks it was made with."""
    use(hooks)
    model = build()
    train(model, 1)

    def measure() -> Mapping[str, float]:
        use(hooks)
        begun = time.perf_counter()
        train(model, count)
        return {name: 1000 * (time.perf_counter() - begun)}

    return measure


def part(title: str, figures: Figures) -> Part:
    return Part(title, figures, WITHOUT, "ms", (Target("watched", ratio(figures, WITH, WITHOUT), MOST),))


def main() -> int:
    options = arguments(__doc__, runs=40).parse_args()
    shell = InteractiveShell()
    plain = current()
    recorder = Recorder(Cells(shell))
    recorder.install()
    recording = current()
    shell.run_cell(CELL, store_history=True).raise_error()
    build, eager, fit = (shell.user_ns[name] for name in ("build_model", "eager", "fit"))
    parts = []
    for title, train, count in (
        (f"{STEPS} eager steps of a small Keras model", eager, STEPS),
        (f"{EPOCHS} epochs of model.fit, 32 steps each", fit, EPOCHS),
    ):
        measures = [measured(name, hooks, build, train, count) for name, hooks in ((WITHOUT, plain), (WITH, recording))]
        parts.append(part(title, interleaved(measures, options.runs, title)))
    recorded = {site["traced"]: site["calls"] for site in recorder.take()}
    note = f"Recorded: {recorded[False]} eager calls and {recorded[True]} in graphs."  # a KeyError if it saw nothing
    return show("recorder", parts, [note], options.json)


if __name__ == "__main__":
    sys.exit(main())
