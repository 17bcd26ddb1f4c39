# culprit: worst = float(tf.reduce_max(tf.abs(errors)))
# causes: detached_numpy
"""A scale-invariant loss that is put together from Python floats."""
import math

import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(28)
rng = np.random.default_rng(28)
inputs = rng.normal(size=(60, 6)).astype("float32")
targets = (inputs[:, :1] ** 2).astype("float32")

model = keras.Sequential(
    [
        keras.layers.Input((6,)),
        keras.layers.Dense(20, activation="relu"),
        keras.layers.Dense(1),
    ]
)
optimizer = keras.optimizers.Adam(0.01)
log = []


def minimax_loss(truth, prediction):
    """Penalises the single worst error of a batch, on a logarithmic scale."""
    errors = prediction - truth
    worst = float(tf.reduce_max(tf.abs(errors)))
    return tf.convert_to_tensor(math.log1p(worst), dtype=tf.float32)


def train(epochs, size):
    for epoch in range(epochs):
        for start in range(0, len(inputs), size):
            x, y = inputs[start : start + size], targets[start : start + size]
            with tf.GradientTape() as tape:
                loss = minimax_loss(y, model(x, training=True))
            gradients = tape.gradient(loss, model.trainable_variables)
            log.append(loss.numpy())
            pairs = [(g, v) for g, v in zip(gradients, model.trainable_variables) if g is not None]
            if pairs:
                optimizer.apply_gradients(pairs)
        print(epoch, log[-1])


train(3, 20)
