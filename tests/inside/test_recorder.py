"""The recorder: sees the gradients of eager code, tf.function, fit and optimizers, and changes none of them.

Each test runs cells in a real IPython shell in a process of its own, with real TensorFlow.
"""

from __future__ import annotations

import numpy as np
import pytest

from .conftest import Shells

VARIABLES = """
import numpy as np, tensorflow as tf
w = tf.Variable([[1.0], [2.0]], name="w")
b = tf.Variable(0.0, name="b")
unused = tf.Variable(3.0, name="unused")
x = tf.constant(np.random.RandomState(0).randn(8, 2).astype("float32"))
"""
FIT = """
import keras, numpy as np
keras.utils.set_random_seed(1)
x = np.random.randn(64, 4).astype("float32")
model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(3, "relu"), keras.layers.Dense(1)])
model.compile("adam", "mse")
model.fit(x, x[:, :1], epochs=20, batch_size=16, verbose=0)
answer = model.get_weights()
"""


def test_eager_gradients_are_kept_first_and_last_with_their_place(shells: Shells) -> None:
    told = shells.run(
        VARIABLES,
        """
for step in range(3):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((x @ w + b) ** 2)
    gradients = tape.gradient(loss, [w, b, unused])
    if step == 0: first = gradients[0].numpy()
    w.assign_sub(0.1 * gradients[0])
answer = [first, gradients[0].numpy(), float(loss)]
""",
    )
    (call,) = told["recorded"]
    assert (call["kind"], call["cell"], call["line"], call["calls"]) == ("gradient", 2, 5, 3)
    weight, bias, unused = call["sources"]
    np.testing.assert_array_equal(weight["first"], told["answer"][0])
    np.testing.assert_array_equal(weight["last"], told["answer"][1])
    assert call["losses"][-1] == pytest.approx(told["answer"][2])
    assert (weight["name"], bias["name"], unused["name"]) == ("w", "b", "unused")
    assert (unused["nones"], unused["first_abnormal"], unused["first"]) == (3, 1, None)


def test_zeros_and_nans_are_counted_with_the_first_call_that_had_one(shells: Shells) -> None:
    told = shells.run(
        VARIABLES,
        """
for scale in [1.0, 0.0, float("nan"), 0.0]:
    with tf.GradientTape() as tape:
        loss = scale * tf.reduce_sum(w)
    tape.gradient(loss, w)
""",
    )
    (source,) = told["recorded"][0]["sources"]
    assert (source["zeros"], source["nonfinite"], source["nones"], source["first_abnormal"]) == (2, 1, 0, 2)


def test_inside_a_tf_function_values_and_lines_are_the_same(shells: Shells) -> None:
    told = shells.run(
        VARIABLES,
        """
@tf.function
def step(x):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((x @ w + b) ** 2)
    return tape.gradient(loss, [w, unused])

for _ in range(50):
    answer = step(x)[0].numpy()
""",
    )
    (call,) = told["recorded"]
    assert (call["cell"], call["line"], call["calls"], call["traced"]) == (2, 6, 50, True)
    weight, unused = call["sources"]
    np.testing.assert_array_equal(weight["last"], told["answer"])  # the 50th call's: w does not move
    assert unused["nones"] == 50


def test_a_rare_nan_inside_a_tf_function_is_not_missed(shells: Shells) -> None:
    told = shells.run(
        VARIABLES,
        """
@tf.function
def step(scale):
    with tf.GradientTape() as tape:
        loss = scale * tf.reduce_sum(w)
    return tape.gradient(loss, w)

for number in range(100):
    step(tf.constant(float("nan") if number == 61 else 1.0))
""",
    )
    (call,) = told["recorded"]
    assert (call["calls"], call["sources"][0]["nonfinite"]) == (100, 1)


def test_model_fit_is_recorded_and_not_one_bit_of_it_changes(shells: Shells) -> None:
    recorded, plain = shells.run(FIT), shells.run(FIT, recording=False)
    for ours, theirs in zip(recorded["answer"], plain["answer"], strict=True):
        np.testing.assert_array_equal(ours, theirs)
    (call,) = recorded["recorded"]
    assert (call["kind"], call["cell"], call["line"], call["calls"], call["traced"]) == ("gradient", 1, 7, 80, True)
    assert [source["name"] for source in call["sources"]][:2] == ["sequential/dense/kernel", "sequential/dense/bias"]
    assert call["losses"][-1] < call["losses"][0]


def test_an_optimizer_step_with_other_gradients_than_the_tape_gave_is_recorded(shells: Shells) -> None:
    told = shells.run(
        VARIABLES,
        """
import keras
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(w ** 2)
gradient = tape.gradient(loss, w)
optimizer = keras.optimizers.SGD(0.1)
optimizer.apply_gradients([(gradient, w)])
optimizer.apply_gradients([(0.0 * gradient, w)])
""",
    )
    kinds = [(call["kind"], call["line"], call["sources"][0]["zeros"]) for call in told["recorded"]]
    assert kinds == [("gradient", 5, 0), ("step", 8, 1)]


@pytest.mark.parametrize(
    "code",
    [
        "j = tape_of(lambda: x @ w).jacobian(value, w)",
        "tf.vectorized_map(lambda row: per_example(row), x)",
        "traced = tf.function(per_example); traced(x[0]); tf.vectorized_map(traced, x)",
        "tf.function(lambda: per_example(x[0]), jit_compile=True)()",
        "traced = tf.function(per_example); traced(x[0]); tf.function(lambda: traced(x[0]), jit_compile=True)()",
        "tf.map_fn(per_example, x, fn_output_signature=tf.float32)",
    ],
)
def test_unusual_ways_to_ask_for_gradients_still_work(shells: Shells, code: str) -> None:
    told = shells.run(
        VARIABLES,
        f"""
def per_example(row):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.linalg.matvec(w, row, transpose_a=True) ** 2)
    return tape.gradient(loss, w)

def tape_of(function):
    global value
    with tf.GradientTape() as tape:
        value = function()
    return tape

{code}
""",
    )
    (call,) = told["recorded"]
    assert call["calls"] >= 1
    assert call["sources"][0]["nones"] == 0


def test_embeddings_are_recorded_dense(shells: Shells) -> None:
    told = shells.run(
        VARIABLES,
        """
table = tf.Variable(tf.ones((10, 3)), name="table")
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(tf.nn.embedding_lookup(table, [1, 1, 4]))
tape.gradient(loss, table)
""",
    )
    first = told["recorded"][0]["sources"][0]["first"]
    assert first.shape == (10, 3)
    assert first[1].tolist() == [2, 2, 2] and not first[0].any()


def test_memory_stays_bounded_in_a_long_training(shells: Shells) -> None:
    told = shells.run(
        VARIABLES,
        """
for _ in range(3000):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(w)
    tape.gradient(loss, w)
""",
    )
    (call,) = told["recorded"]
    assert call["calls"] == 3000
    assert 256 <= len(call["losses"]) <= 512
