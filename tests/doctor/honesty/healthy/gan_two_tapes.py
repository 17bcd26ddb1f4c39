"""A small GAN: two networks, two tapes, two optimizers. Each loss reads both networks and updates one."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(5)
LATENT = 3


def build_generator():
    return keras.Sequential(
        [keras.layers.Input((LATENT,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(2)], name="generator"
    )


def build_discriminator():
    return keras.Sequential(
        [
            keras.layers.Input((2,)),
            keras.layers.Dense(8),
            keras.layers.LeakyReLU(),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(1),
        ],
        name="discriminator",
    )


generator, discriminator = build_generator(), build_discriminator()
g_optimizer, d_optimizer = keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3)
cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
angles = np.linspace(0, 2 * np.pi, 128)
circle = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype("float32")


def train_step(real):
    noise = tf.random.normal((len(real), LATENT))
    with tf.GradientTape() as gen_tape, tf.GradientTape() as disc_tape:
        fake = generator(noise, training=True)
        real_scores = discriminator(real, training=True)
        fake_scores = discriminator(fake, training=True)
        g_loss = cross_entropy(tf.ones_like(fake_scores), fake_scores)
        d_loss = cross_entropy(tf.ones_like(real_scores), real_scores)
        d_loss += cross_entropy(tf.zeros_like(fake_scores), fake_scores)
    g_gradients = gen_tape.gradient(g_loss, generator.trainable_variables)
    d_gradients = disc_tape.gradient(d_loss, discriminator.trainable_variables)
    g_optimizer.apply_gradients(zip(g_gradients, generator.trainable_variables))
    d_optimizer.apply_gradients(zip(d_gradients, discriminator.trainable_variables))
    return g_loss, d_loss


for epoch in range(2):
    for start in range(0, len(circle), 32):
        g_loss, d_loss = train_step(circle[start : start + 32])
    print(f"epoch {epoch}: generator {float(g_loss):.3f} discriminator {float(d_loss):.3f}")
