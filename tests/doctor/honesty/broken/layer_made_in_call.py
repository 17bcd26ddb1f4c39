# culprit: mixed = keras.layers.Dense(self.width, activation="tanh")(x)
# causes: untracked_layer, replaced_variable
"""A model that makes one of its layers anew in every call."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(27)
rng = np.random.default_rng(27)


class Block(keras.layers.Layer):
    def __init__(self, width):
        super().__init__()
        self.width = width
        self.scale = keras.layers.LayerNormalization()

    def call(self, x):
        mixed = keras.layers.Dense(self.width, activation="tanh")(x)
        return self.scale(mixed) + x


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.enter = keras.layers.Dense(8, activation="relu")
        self.block = Block(8)
        self.leave = keras.layers.Dense(1)

    def call(self, x):
        return self.leave(self.block(self.enter(x)))


x = rng.normal(size=(64, 5)).astype("float32")
y = np.sign(x[:, :1] * x[:, 1:2]).astype("float32")
net = Net()
optimizer = keras.optimizers.Adam(0.01)
loss_function = keras.losses.MeanSquaredError()
for epoch in range(3):
    losses = []
    for start in range(0, 64, 16):
        with tf.GradientTape() as tape:
            loss = loss_function(y[start : start + 16], net(x[start : start + 16], training=True))
        gradients = tape.gradient(loss, net.trainable_variables)
        optimizer.apply_gradients(zip(gradients, net.trainable_variables))
        losses.append(float(loss))
    print(epoch, np.mean(losses), len(net.trainable_variables))
