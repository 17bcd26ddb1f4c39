"""A small hyper-parameter search: a new model, new variables and a new optimizer for every setting and fold."""
import itertools

import numpy as np
import tensorflow as tf
from tensorflow import keras

rng = np.random.default_rng(309)
x = rng.normal(size=(45, 4)).astype("float32")
y = (x @ rng.normal(size=(4, 1)) + 0.1 * rng.normal(size=(45, 1))).astype("float32")
FOLDS = 3


def folds():
    order = rng.permutation(45)
    for part in np.array_split(order, FOLDS):
        rest = np.setdiff1d(order, part)
        yield x[rest], y[rest], x[part], y[part]


def train(rate, width, data, steps=4):
    keras.utils.set_random_seed(309)
    train_x, train_y, valid_x, valid_y = data
    hidden = tf.Variable(tf.random.normal((4, width), stddev=0.5))
    output = tf.Variable(tf.random.normal((width, 1), stddev=0.5))
    optimizer = keras.optimizers.Adam(rate)

    def forward(batch):
        return tf.nn.relu(batch @ hidden) @ output

    for _ in range(steps):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((forward(train_x) - train_y) ** 2)
        gradients = tape.gradient(loss, [hidden, output])
        optimizer.apply_gradients(zip(gradients, [hidden, output]))
    return float(tf.reduce_mean((forward(valid_x) - valid_y) ** 2))


results = {}
for rate, width in itertools.product((0.003, 0.03), (4, 8)):
    scores = [train(rate, width, data) for data in folds()]
    results[rate, width] = np.mean(scores)
    print(f"rate {rate} width {width}: {np.mean(scores):.3f} +- {np.std(scores):.3f}")
best = min(results, key=results.get)
print("best", best, results[best])
