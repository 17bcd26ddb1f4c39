# culprit: self.gate = tf.Variable(
# causes: untracked_layer, keras3_api_change
"""A gated residual block whose gate is a plain tf.Variable, as it used to be done."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(7)
rng = np.random.default_rng(7)


class GatedBlock(keras.layers.Layer):
    def __init__(self, units):
        super().__init__()
        self.transform = keras.layers.Dense(units, activation="relu")
        self.gate = tf.Variable(tf.zeros((units,)), name="gate")

    def call(self, x):
        opening = tf.sigmoid(self.gate)
        return opening * self.transform(x) + (1.0 - opening) * x


class Model(keras.Model):
    def __init__(self):
        super().__init__()
        self.lift = keras.layers.Dense(8)
        self.blocks = [GatedBlock(8) for _ in range(2)]
        self.head = keras.layers.Dense(1)

    def call(self, x):
        x = self.lift(x)
        for block in self.blocks:
            x = block(x)
        return self.head(x)


x = rng.normal(size=(64, 4)).astype("float32")
y = np.maximum(x[:, :1], x[:, 1:2]).astype("float32")
model = Model()
optimizer = keras.optimizers.Adam(0.01)
for epoch in range(4):
    for start in range(0, 64, 16):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(x[start : start + 16]) - y[start : start + 16]) ** 2)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    print(epoch, float(loss), [block.gate.numpy().mean() for block in model.blocks])
