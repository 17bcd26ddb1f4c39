"""A VAE with the reparameterisation trick, KL warm-up and three metrics."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(121)
rng = np.random.default_rng(121)
LATENT = 2


class Sampling(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.seed_generator = keras.random.SeedGenerator(7)

    def call(self, inputs):
        mean, log_variance = inputs
        noise = keras.random.normal(shape=tf.shape(mean), seed=self.seed_generator)
        return mean + tf.exp(0.5 * log_variance) * noise


encoder_input = keras.Input((10,))
h = keras.layers.Dense(16, activation="relu")(encoder_input)
z_mean = keras.layers.Dense(LATENT, name="z_mean")(h)
z_log_var = keras.layers.Dense(LATENT, name="z_log_var")(h)
encoder = keras.Model(encoder_input, [z_mean, z_log_var, Sampling()([z_mean, z_log_var])])
decoder = keras.Sequential(
    [keras.layers.Input((LATENT,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(10)]
)
optimizer = keras.optimizers.Adam(3e-3)
trackers = {name: keras.metrics.Mean(name=name) for name in ("total", "reconstruction", "kl")}
data = (rng.normal(size=(80, 2)) @ rng.normal(size=(2, 10)) + 0.1 * rng.normal(size=(80, 10))).astype("float32")

for epoch in range(3):
    beta = min(1.0, epoch / 2)
    for start in range(0, 80, 20):
        batch = data[start : start + 20]
        with tf.GradientTape() as tape:
            mean, log_variance, z = encoder(batch)
            rebuilt = decoder(z)
            reconstruction = tf.reduce_mean(tf.reduce_sum(tf.square(batch - rebuilt), axis=1))
            kl = -0.5 * tf.reduce_mean(tf.reduce_sum(1 + log_variance - mean**2 - tf.exp(log_variance), axis=1))
            total = reconstruction + beta * kl
        weights = encoder.trainable_weights + decoder.trainable_weights
        optimizer.apply_gradients(zip(tape.gradient(total, weights), weights))
        for name, value in (("total", total), ("reconstruction", reconstruction), ("kl", kl)):
            trackers[name].update_state(value)
    print(epoch, {name: float(tracker.result()) for name, tracker in trackers.items()})
    for tracker in trackers.values():
        tracker.reset_state()
