# culprit: open_gate = tf.cast(energy > self.threshold, tf.float32)
# causes: nondifferentiable_op, missing_custom_gradient
"""A spiking layer with learnable thresholds, which enter by a comparison only."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(411)
rng = np.random.default_rng(411)


class ThresholdLayer(keras.layers.Layer):
    def __init__(self, units):
        super().__init__()
        self.project = keras.layers.Dense(units)
        self.threshold = self.add_weight(shape=(units,), initializer="zeros", name="threshold")

    def call(self, x):
        energy = self.project(x)
        open_gate = tf.cast(energy > self.threshold, tf.float32)
        return energy * open_gate


class Network(keras.Model):
    def __init__(self):
        super().__init__()
        self.spikes = ThresholdLayer(12)
        self.out = keras.layers.Dense(2)

    def call(self, x):
        return self.out(self.spikes(x))


x = rng.normal(size=(60, 5)).astype("float32")
y = (x[:, 0] * x[:, 1] > 0).astype("int64")
model = Network()
model(x[:1])
optimizer = keras.optimizers.Adam(0.01)
loss_function = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
for epoch in range(3):
    for start in range(0, 60, 20):
        with tf.GradientTape() as tape:
            loss = loss_function(y[start : start + 20], model(x[start : start + 20]))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients((g, v) for g, v in zip(gradients, model.trainable_variables) if g is not None)
    print(epoch, float(loss), model.spikes.threshold.numpy()[:3])
