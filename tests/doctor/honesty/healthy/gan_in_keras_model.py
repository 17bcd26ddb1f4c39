"""A GAN as one Keras model with its own train_step: compiled, two optimizers, labels with noise."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(221)
rng = np.random.default_rng(221)


class GAN(keras.Model):
    def __init__(self, latent=4):
        super().__init__()
        self.latent = latent
        self.generator = keras.Sequential(
            [keras.layers.Input((latent,)), keras.layers.Dense(12, activation="relu"), keras.layers.Dense(3)]
        )
        self.discriminator = keras.Sequential(
            [keras.layers.Input((3,)), keras.layers.Dense(12, activation="relu"), keras.layers.Dense(1)]
        )
        self.seeds = keras.random.SeedGenerator(17)
        self.d_metric = keras.metrics.Mean(name="d_loss")
        self.g_metric = keras.metrics.Mean(name="g_loss")

    @property
    def metrics(self):
        return [self.d_metric, self.g_metric]

    def compile(self, d_optimizer, g_optimizer, loss_fn):
        super().compile()
        self.d_optimizer, self.g_optimizer, self.loss_fn = d_optimizer, g_optimizer, loss_fn

    def train_step(self, real):
        size = tf.shape(real)[0]
        noise = keras.random.normal((size, self.latent), seed=self.seeds)
        both = tf.concat([self.generator(noise), real], axis=0)
        labels = tf.concat([tf.ones((size, 1)), tf.zeros((size, 1))], axis=0)
        labels += 0.05 * keras.random.uniform(tf.shape(labels), seed=self.seeds)
        with tf.GradientTape() as tape:
            d_loss = self.loss_fn(labels, self.discriminator(both))
        grads = tape.gradient(d_loss, self.discriminator.trainable_weights)
        self.d_optimizer.apply(grads, self.discriminator.trainable_weights)
        noise = keras.random.normal((size, self.latent), seed=self.seeds)
        with tf.GradientTape() as tape:
            g_loss = self.loss_fn(tf.zeros((size, 1)), self.discriminator(self.generator(noise)))
        grads = tape.gradient(g_loss, self.generator.trainable_weights)
        self.g_optimizer.apply(grads, self.generator.trainable_weights)
        self.d_metric.update_state(d_loss)
        self.g_metric.update_state(g_loss)
        return {"d_loss": self.d_metric.result(), "g_loss": self.g_metric.result()}


gan = GAN()
gan.compile(keras.optimizers.Adam(2e-3), keras.optimizers.Adam(2e-3), keras.losses.BinaryCrossentropy(from_logits=True))
print(gan.fit(rng.normal(1.0, 0.5, size=(64, 3)).astype("float32"), epochs=2, batch_size=16, verbose=0).history)
