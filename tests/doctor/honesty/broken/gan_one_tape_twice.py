# culprit: discriminator_gradients = tape.gradient(
# causes: tape_reused, exception
"""A GAN step with both losses on one tape."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(11)
rng = np.random.default_rng(11)
real_data = rng.normal(loc=3.0, size=(64, 2)).astype("float32")
generator = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(2)])
discriminator = keras.Sequential(
    [keras.layers.Input((2,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1)]
)
generator_optimizer = keras.optimizers.Adam(1e-3)
discriminator_optimizer = keras.optimizers.Adam(1e-3)
bce = keras.losses.BinaryCrossentropy(from_logits=True)


def discriminator_loss(real_output, fake_output):
    real_loss = bce(tf.ones_like(real_output), real_output)
    fake_loss = bce(tf.zeros_like(fake_output), fake_output)
    return real_loss + fake_loss


def generator_loss(fake_output):
    return bce(tf.ones_like(fake_output), fake_output)


def train_step(batch):
    noise = tf.random.normal((len(batch), 2))
    with tf.GradientTape() as tape:
        generated = generator(noise, training=True)
        real_output = discriminator(batch, training=True)
        fake_output = discriminator(generated, training=True)
        g_loss = generator_loss(fake_output)
        d_loss = discriminator_loss(real_output, fake_output)
    generator_gradients = tape.gradient(g_loss, generator.trainable_variables)
    discriminator_gradients = tape.gradient(d_loss, discriminator.trainable_variables)
    generator_optimizer.apply_gradients(zip(generator_gradients, generator.trainable_variables))
    discriminator_optimizer.apply_gradients(zip(discriminator_gradients, discriminator.trainable_variables))
    return g_loss, d_loss


for epoch in range(2):
    for start in range(0, 64, 16):
        g_loss, d_loss = train_step(real_data[start : start + 16])
    print(epoch, float(g_loss), float(d_loss))
