# culprit: self.experts = ExpertBank(
# culprit: self.members = [Expert(
# culprit: self.hidden = keras.layers.Dense(width, activation="relu")
# causes: untracked_layer
"""A mixture of experts; the experts live in a plain Python object."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(8)
rng = np.random.default_rng(8)


class Expert:
    def __init__(self, width):
        self.hidden = keras.layers.Dense(width, activation="relu")
        self.out = keras.layers.Dense(1)

    def __call__(self, x):
        return self.out(self.hidden(x))


class ExpertBank:
    def __init__(self, count, width):
        self.members = [Expert(width) for _ in range(count)]

    def stacked(self, x):
        return tf.concat([member(x) for member in self.members], axis=1)


class Mixture(keras.Model):
    def __init__(self, count=3, width=8):
        super().__init__()
        self.experts = ExpertBank(count, width)
        self.router = keras.layers.Dense(count, activation="softmax")

    def call(self, x):
        return tf.reduce_sum(self.router(x) * self.experts.stacked(x), axis=1, keepdims=True)


x = rng.normal(size=(48, 3)).astype("float32")
y = np.abs(x[:, :1]).astype("float32")
model = Mixture()
model(x[:1])
optimizer = keras.optimizers.Adam(0.02)
for step in range(6):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(x, training=True) - y) ** 2)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    print(step, float(loss), "variables trained:", len(gradients))
