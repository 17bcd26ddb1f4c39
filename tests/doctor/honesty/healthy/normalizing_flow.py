"""A normalising flow of affine couplings with alternating masks; log-determinants are part of the loss."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(315)
rng = np.random.default_rng(315)
angle = rng.uniform(0, np.pi, size=120)
moons = np.stack([np.cos(angle), np.sin(angle)], axis=1) + 0.05 * rng.normal(size=(120, 2))
moons = moons.astype("float32")
masks = [np.array(m, "float32") for m in ([1, 0], [0, 1], [1, 0])]


class Coupling(keras.layers.Layer):
    def __init__(self, mask):
        super().__init__()
        self.mask = mask
        self.scale = keras.Sequential([keras.layers.Dense(8, activation="relu"), keras.layers.Dense(2, activation="tanh")])
        self.shift = keras.Sequential([keras.layers.Dense(8, activation="relu"), keras.layers.Dense(2)])

    def call(self, x):
        kept = x * self.mask
        scale, shift = self.scale(kept) * (1 - self.mask), self.shift(kept) * (1 - self.mask)
        return kept + (1 - self.mask) * (x * tf.exp(scale) + shift), tf.reduce_sum(scale, axis=1)


flow = [Coupling(mask) for mask in masks]
optimizer = keras.optimizers.Adam(5e-3)


def negative_log_likelihood(x):
    total = tf.zeros(tf.shape(x)[0])
    for layer in flow:
        x, log_determinant = layer(x)
        total += log_determinant
    log_prior = -0.5 * tf.reduce_sum(x**2, axis=1) - np.log(2 * np.pi)
    return -tf.reduce_mean(log_prior + total)


negative_log_likelihood(moons[:1])
weights = [v for layer in flow for v in layer.trainable_variables]
for epoch in range(4):
    for start in range(0, 120, 40):
        with tf.GradientTape() as tape:
            loss = negative_log_likelihood(moons[start : start + 40])
        gradients = tape.gradient(loss, weights)
        optimizer.apply_gradients(zip(gradients, weights))
    print(epoch, float(loss), [None if g is None else round(float(tf.norm(g)), 3) for g in gradients[:3]])
