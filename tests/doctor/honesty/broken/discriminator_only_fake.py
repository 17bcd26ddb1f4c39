# culprit: generated = tf.constant(generator(noise, training=True).numpy())
# causes: detached_numpy, rewrapped_in_variable, nondifferentiable_op
"""A GAN whose generated batch is frozen to a constant before it reaches the discriminator."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(29)
rng = np.random.default_rng(29)
BATCH, LATENT = 16, 4
real = (rng.normal(size=(64, 3)) * [0.5, 1.0, 2.0]).astype("float32")

generator = keras.Sequential([keras.layers.Input((LATENT,)), keras.layers.Dense(12, activation="relu"), keras.layers.Dense(3)])
discriminator = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(12, activation="relu"), keras.layers.Dense(1)])
g_optimizer = keras.optimizers.Adam(1e-3)
d_optimizer = keras.optimizers.Adam(1e-3)


def logistic(sign, scores):
    return tf.reduce_mean(tf.nn.softplus(-sign * scores))


def step(batch):
    noise = tf.random.normal((BATCH, LATENT))
    with tf.GradientTape(persistent=True) as tape:
        generated = tf.constant(generator(noise, training=True).numpy())
        fake_scores = discriminator(generated, training=True)
        real_scores = discriminator(batch, training=True)
        d_loss = logistic(1.0, real_scores) + logistic(-1.0, fake_scores)
        g_loss = logistic(1.0, fake_scores)
    d_gradients = tape.gradient(d_loss, discriminator.trainable_variables)
    g_gradients = tape.gradient(g_loss, generator.trainable_variables)
    del tape
    d_optimizer.apply_gradients(zip(d_gradients, discriminator.trainable_variables))
    if None not in g_gradients:
        g_optimizer.apply_gradients(zip(g_gradients, generator.trainable_variables))
    return g_loss, d_loss


for epoch in range(2):
    for start in range(0, 64, BATCH):
        g_loss, d_loss = step(real[start : start + BATCH])
    print(epoch, float(g_loss), float(d_loss))
