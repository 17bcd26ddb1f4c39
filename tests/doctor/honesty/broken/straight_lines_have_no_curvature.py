# culprit: keras.layers.Dense(16, activation="relu")
# culprit: u = network(x)
# causes: nondifferentiable_op, saturated
"""A physics-informed network for the heat equation with ReLU units."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(409)
rng = np.random.default_rng(409)
network = keras.Sequential(
    [
        keras.layers.Input((1,)),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(1),
    ]
)
points = tf.constant(rng.uniform(0, 1, size=(20, 1)).astype("float32"))
optimizer = keras.optimizers.Adam(0.01)


def source_term(x):
    return np.pi**2 * tf.sin(np.pi * x)


def curvature(x):
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            u = network(x)
        slope = inner.gradient(u, x)
    return outer.gradient(slope, x)


def residual(x):
    second = curvature(x)
    return tf.reduce_mean((second + source_term(x)) ** 2)


for step in range(4):
    with tf.GradientTape() as tape:
        edges = network(tf.constant([[0.0], [1.0]]))
        loss = tf.reduce_mean(edges**2) + residual(points)
    gradients = tape.gradient(loss, network.trainable_variables)
    optimizer.apply_gradients((g, v) for g, v in zip(gradients, network.trainable_variables) if g is not None)
    print(step, float(loss), float(tf.reduce_max(tf.abs(curvature(points)))))
