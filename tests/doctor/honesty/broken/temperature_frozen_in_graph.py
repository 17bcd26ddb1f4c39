# culprit: return tf.nn.softmax(scores / temperature)
# culprit: temperature = max(0.1,
# culprit: def attention(
# culprit: def train_step(
# causes: tf_function_constant_capture
"""Annealed attention: the temperature is a Python float that changes every epoch, the step is compiled."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(26)
rng = np.random.default_rng(26)
keys = rng.normal(size=(10, 4)).astype("float32")
values = rng.normal(size=(10, 2)).astype("float32")
queries = rng.normal(size=(64, 3)).astype("float32")
wanted = values[np.argmax(queries @ rng.normal(size=(3, 10)), axis=1)]

project = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(8, activation="tanh"), keras.layers.Dense(4)])
optimizer = keras.optimizers.Adam(0.01)
temperature = 2.0


def attention(scores):
    return tf.nn.softmax(scores / temperature)


@tf.function
def train_step(batch, goal):
    with tf.GradientTape() as tape:
        weights = attention(project(batch) @ tf.transpose(keys))
        loss = tf.reduce_mean(tf.square(weights @ values - goal))
    gradients = tape.gradient(loss, project.trainable_variables)
    optimizer.apply_gradients(zip(gradients, project.trainable_variables))
    return loss, tf.reduce_mean(tf.reduce_max(weights, axis=1))


for epoch in range(5):
    temperature = max(0.1, 2.0 * 0.4**epoch)
    for start in range(0, 64, 32):
        loss, sharpness = train_step(
            tf.constant(queries[start : start + 32]), tf.constant(wanted[start : start + 32])
        )
    print(epoch, "temperature", temperature, "loss", float(loss), "sharpness", float(sharpness))
