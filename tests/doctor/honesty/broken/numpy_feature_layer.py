# culprit: values = np.array(x)
# causes: detached_numpy
"""A regression network with a home-made standardisation layer between two dense layers."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(1)
rng = np.random.default_rng(1)


class Standardise(keras.layers.Layer):
    """Subtracts the batch mean and divides by the batch deviation."""

    def __init__(self, epsilon=1e-3):
        super().__init__()
        self.epsilon = epsilon

    def call(self, x):
        values = np.array(x)
        mean = values.mean(axis=0, keepdims=True)
        deviation = values.std(axis=0, keepdims=True)
        return tf.constant((values - mean) / (deviation + self.epsilon), dtype=tf.float32)


class Network(keras.Model):
    def __init__(self):
        super().__init__()
        self.first = keras.layers.Dense(16, activation="relu")
        self.standardise = Standardise()
        self.second = keras.layers.Dense(1)

    def call(self, x):
        return self.second(self.standardise(self.first(x)))


x = rng.normal(size=(64, 4)).astype("float32")
y = (x[:, :1] * 2 - x[:, 1:2]).astype("float32")
model = Network()
optimizer = keras.optimizers.Adam(0.01)
losses = []
for epoch in range(4):
    for start in range(0, 64, 16):
        with tf.GradientTape() as tape:
            prediction = model(x[start : start + 16])
            loss = tf.reduce_mean((prediction - y[start : start + 16]) ** 2)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        losses.append(float(loss))
    print(epoch, np.mean(losses[-4:]))
