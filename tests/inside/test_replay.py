"""A replay: what depends on a tape changes with what tapes give, however it was asked for, and nothing else does.

The functions run in a real IPython shell in a process of its own, with real TensorFlow.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from grader.spec import expect
from grader.spec.expect import CheckFailed

from .conftest import Shells

BEFORE = """
import numpy as np, tensorflow as tf
w = tf.Variable([[1.0, -0.5], [2.0, 0.3]], name="w")
b = tf.Variable([0.1, 0.2], name="b")
x = tf.constant(np.random.RandomState(0).randn(8, 2).astype("float32"))

def loss_of(part=slice(None)):
    return tf.reduce_sum(tf.tanh(x[part] @ w + b) ** 2) / 8.0
"""
ASK = """
import sys
tools = sys.modules["_gradient_clinic.session"]._state["tools"]

def answer_of():
    loss, gradients = loss_and_gradients()
    return {"loss": loss, "gradients": dict(zip(["w", "b"], gradients))}

plain = sys.modules["_gradient_clinic.probing"].plain
answer = {"given": plain(answer_of()), "replays": tools.replays(answer_of), "again": plain(answer_of())}
"""
PLAIN = """
def loss_and_gradients():
    with tf.GradientTape() as tape:
        loss = loss_of()
    return loss, tape.gradient(loss, [w, b])
"""
FROM_TAPES = {
    "a tape": PLAIN,
    "a compiled function that has been traced": PLAIN.replace("def", "@tf.function\ndef") + "loss_and_gradients()\n",
    "micro-batches added up in variables": """
def loss_and_gradients():
    sums, total = [tf.Variable(tf.zeros_like(v)) for v in (w, b)], 0.0
    for start in (0, 3, 6):
        with tf.GradientTape() as tape:
            loss = loss_of(slice(start, start + 3))
        for s, g in zip(sums, tape.gradient(loss, [w, b])):
            s.assign_add(g)
        total += loss
    return total, sums
""",
    "a persistent tape that still records": """
def loss_and_gradients():
    with tf.GradientTape(persistent=True) as tape:
        loss = loss_of()
        gradients = [tape.gradient(loss, w), tape.gradient(loss, b)]
    return loss, gradients
""",
    "a tape inside another that nobody asks": """
def loss_and_gradients():
    with tf.GradientTape(persistent=True):
        with tf.GradientTape() as tape:
            loss = loss_of()
        gradients = tape.gradient(loss, [w, b])
    return loss, gradients
""",
    "forward mode": """
def loss_and_gradients():
    columns = []
    for variable in (w, b):
        slopes = []
        for index in range(int(tf.size(variable))):
            direction = tf.reshape(tf.one_hot(index, int(tf.size(variable))), variable.shape)
            with tf.autodiff.ForwardAccumulator(variable, direction) as forward:
                loss = loss_of()
            slopes.append(forward.jvp(loss))
        columns.append(tf.reshape(tf.stack(slopes), variable.shape))
    return loss, columns
""",
    "a Jacobian": """
def loss_and_gradients():
    with tf.GradientTape() as tape:
        errors = tf.reduce_sum(tf.tanh(x @ w + b) ** 2, axis=1) / 8.0
    return tf.reduce_sum(errors), [tf.reduce_sum(one, axis=0) for one in tape.jacobian(errors, [w, b])]
""",
    "all of them limited to a length": PLAIN.replace(
        "tape.gradient(loss, [w, b])", "tf.clip_by_global_norm(tape.gradient(loss, [w, b]), 0.01)[0]"
    ),
    "joined, cast and taken apart": PLAIN.replace(
        "tape.gradient(loss, [w, b])",
        "[tf.cast(v, tf.float32) for v in apart(tf.concat([tf.reshape(tf.cast(g, tf.float64), [-1])"
        " for g in tape.gradient(loss, [w, b])], 0))]",
    )
    + "def apart(vector): return tf.reshape(vector[:4], (2, 2)), vector[4:]\n",
    "a loss with a gradient penalty": """
def penalized():
    with tf.GradientTape() as inner:
        loss = loss_of()
    return loss + 0.1 * tf.reduce_sum(inner.gradient(loss, w) ** 2)

def loss_and_gradients():
    with tf.GradientTape() as tape:
        loss = penalized()
    return loss, tape.gradient(loss, [w, b])
""",
    "one part by a formula": """
def loss_and_gradients():
    with tf.GradientTape() as tape:
        loss = loss_of()
    of_w, of_b = tape.gradient(loss, [w, b])
    return loss + 0.01 * tf.reduce_sum(w ** 2), [of_w + 0.02 * w, of_b]
""",
}
UNDECIDED = {
    "a gradient for each row, vectorized": """
def one(row):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.tanh(row[tf.newaxis] @ w + b) ** 2) / 8.0
    return tape.gradient(loss, [w, b])

def loss_and_gradients():
    return loss_of(), [tf.reduce_sum(rows, axis=0) for rows in tf.vectorized_map(one, x)]
""",
    "a gradient for each row, by a function that has been traced, vectorized": """
@tf.function
def one(row):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.tanh(row[tf.newaxis] @ w + b) ** 2) / 8.0
    return tape.gradient(loss, [w, b])

one(x[0])

def loss_and_gradients():
    return loss_of(), [tf.reduce_sum(rows, axis=0) for rows in tf.vectorized_map(one, x)]
""",
    "a check of one's own that notices": PLAIN.replace(
        "return loss, tape.gradient(loss, [w, b])",
        "g = tape.gradient(loss, [w, b])\n    assert abs(float(g[1][0]) - EXPECTED) < 1e-4\n    return loss, g",
    )
    + "EXPECTED = 0.0\ntry: loss_and_gradients()\nexcept AssertionError: pass\n"
    + "with tf.GradientTape() as tape: value = loss_of()\nEXPECTED = float(tape.gradient(value, b)[0])\n",
    "a concrete function": PLAIN.replace("def", "@tf.function\ndef", 1)
    + "loss_and_gradients = loss_and_gradients.get_concrete_function()\n",
}
FROM_ELSEWHERE = {
    "finite differences": """
def loss_and_gradients():
    gradients = []
    for variable in (w, b):
        before, slopes = variable.numpy(), np.zeros(variable.shape, "float32")
        for index in np.ndindex(before.shape):
            moved = before.copy(); moved[index] += 1e-2
            variable.assign(moved); above = loss_of()
            moved[index] -= 2e-2
            variable.assign(moved); slopes[index] = (above - loss_of()) / 2e-2
        variable.assign(before)
        gradients.append(tf.constant(slopes))
    return loss_of(), gradients
""",
    "recorded": PLAIN.replace("def loss_and", "def right_loss_and")
    + "RECORDED = right_loss_and_gradients()[1]\n"
    + "def loss_and_gradients(): return right_loss_and_gradients()[0], [tf.identity(g) for g in RECORDED]\n",
    "constant": "def loss_and_gradients(): return loss_of(), [0.1 * tf.ones_like(w), 0.1 * tf.ones_like(b)]\n",
    "constant, with tapes that add nothing": PLAIN.replace(
        "tape.gradient(loss, [w, b])", "[0.1 * tf.ones_like(g) + 0.0 * g for g in tape.gradient(loss, [w, b])]"
    ),
}


def ask(shells: Shells, code: str) -> dict[str, Any]:
    answer: dict[str, Any] = shells.run(BEFORE, code, ASK)["answer"]
    return answer


def judge(told: dict[str, Any]) -> None:
    expect.from_tape(told["given"]["gradients"], told["given"]["loss"], told["replays"])


@pytest.mark.parametrize("way", FROM_TAPES)
def test_gradients_follow_the_tapes_however_they_were_asked_for(shells: Shells, way: str) -> None:
    told = ask(shells, FROM_TAPES[way])
    judge(told)
    assert told["replays"], "this should not have been left open"
    for name, value in told["given"]["gradients"].items():
        assert any(np.all(replay["gradients"][name] != value) for replay in told["replays"])
        np.testing.assert_allclose(told["again"]["gradients"][name], value, rtol=1e-5)  # and nothing stays behind


@pytest.mark.parametrize("way", UNDECIDED)
def test_what_cannot_be_replayed_is_left_open(shells: Shells, way: str) -> None:
    told = ask(shells, UNDECIDED[way])
    assert told["replays"] == []
    judge(told)


@pytest.mark.parametrize("way", FROM_ELSEWHERE)
def test_gradients_from_elsewhere_stay_as_they_are(shells: Shells, way: str) -> None:
    with pytest.raises(CheckFailed, match="w, b: the gradient that your function returned does not come from a tape"):
        judge(ask(shells, FROM_ELSEWHERE[way]))
