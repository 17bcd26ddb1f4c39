# culprit: ratio = tf.where(counts > 0, totals / counts, tf.zeros_like(totals))
# causes: nan_branch, singular_point
"""Averages over groups, some of them empty; the division is guarded by a single where."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(25)
rng = np.random.default_rng(25)
GROUPS = 6

gate = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="relu")])
head = keras.layers.Dense(1)
optimizer = keras.optimizers.Adam(0.01)


def make_batch(size=16):
    x = rng.normal(size=(size, 4)).astype("float32")
    members = rng.integers(0, GROUPS - 2, size=size)
    y = rng.normal(size=(GROUPS, 1)).astype("float32")
    return x, members, y


def group_average(values, weights, members):
    """Weighted mean of `values` in every group; a group without members counts as zero."""
    totals = tf.math.unsorted_segment_sum(weights * values, members, GROUPS)
    counts = tf.math.unsorted_segment_sum(weights, members, GROUPS)
    ratio = tf.where(counts > 0, totals / counts, tf.zeros_like(totals))
    return ratio


def objective(x, members, y):
    weights = gate(x, training=True)
    averages = group_average(tf.reduce_sum(x, axis=1, keepdims=True), weights, members)
    return tf.reduce_mean((head(averages) - y) ** 2)


for step in range(4):
    x, members, y = make_batch()
    with tf.GradientTape() as tape:
        loss = objective(x, members, y)
    variables = gate.trainable_variables + head.trainable_variables
    gradients = tape.gradient(loss, variables)
    optimizer.apply_gradients(zip(gradients, variables))
    print(step, float(loss))
