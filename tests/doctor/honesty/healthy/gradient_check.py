"""Checks a hand-written layer against finite differences: variables nudged by hand, losses taken as floats."""
import numpy as np
import tensorflow as tf

tf.keras.utils.set_random_seed(241)
rng = np.random.default_rng(241)
inputs = tf.constant(rng.normal(size=(6, 4)), tf.float64)
labels = tf.constant(rng.normal(size=(6, 2)), tf.float64)


class Bilinear(tf.Module):
    def __init__(self):
        super().__init__()
        self.left = tf.Variable(rng.normal(size=(4, 3)), name="left")
        self.right = tf.Variable(rng.normal(size=(4, 3)), name="right")
        self.mix = tf.Variable(rng.normal(size=(3, 2)), name="mix")

    def __call__(self, x):
        return ((x @ self.left) * tf.sigmoid(x @ self.right)) @ self.mix


layer = Bilinear()


def loss_value():
    return tf.reduce_mean((layer(inputs) - labels) ** 2)


def numerical(variable, epsilon=1e-6):
    original = variable.numpy()
    estimate = np.zeros_like(original)
    for index in np.ndindex(original.shape):
        shifted = original.copy()
        shifted[index] += epsilon
        variable.assign(shifted)
        above = float(loss_value())
        shifted[index] -= 2 * epsilon
        variable.assign(shifted)
        below = float(loss_value())
        estimate[index] = (above - below) / (2 * epsilon)
    variable.assign(original)
    return estimate


with tf.GradientTape() as tape:
    loss = loss_value()
exact = tape.gradient(loss, layer.trainable_variables)
for variable, gradient in zip(layer.trainable_variables, exact):
    difference = np.abs(gradient.numpy() - numerical(variable)).max()
    print(variable.name, difference)
    assert difference < 1e-6
