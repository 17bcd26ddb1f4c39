"""Wasserstein GAN with gradient penalty: a gradient inside another tape, with respect to interpolated samples."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(31)
rng = np.random.default_rng(31)
data = (rng.normal(size=(96, 2)) * [1.0, 0.3] + [2.0, -1.0]).astype("float32")

generator = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(2)])
critic = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(16, activation="tanh"), keras.layers.Dense(1)])
generator_optimizer = keras.optimizers.Adam(1e-3, beta_1=0.5)
critic_optimizer = keras.optimizers.Adam(1e-3, beta_1=0.5)
PENALTY = 10.0


def gradient_penalty(real, fake):
    mix = tf.random.uniform((real.shape[0], 1))
    between = mix * real + (1.0 - mix) * fake
    with tf.GradientTape() as inner:
        inner.watch(between)
        scores = critic(between)
    slopes = inner.gradient(scores, between)
    norms = tf.sqrt(tf.reduce_sum(tf.square(slopes), axis=1) + 1e-12)
    return tf.reduce_mean((norms - 1.0) ** 2)


def critic_step(real):
    noise = tf.random.normal(real.shape)
    fake = generator(noise)
    with tf.GradientTape() as tape:
        distance = tf.reduce_mean(critic(fake)) - tf.reduce_mean(critic(real))
        loss = distance + PENALTY * gradient_penalty(real, fake)
    gradients = tape.gradient(loss, critic.trainable_variables)
    critic_optimizer.apply_gradients(zip(gradients, critic.trainable_variables))
    return loss


def generator_step(count):
    with tf.GradientTape() as tape:
        loss = -tf.reduce_mean(critic(generator(tf.random.normal((count, 2)))))
    gradients = tape.gradient(loss, generator.trainable_variables)
    generator_optimizer.apply_gradients(zip(gradients, generator.trainable_variables))
    return loss


for epoch in range(2):
    for start in range(0, 96, 32):
        critic_loss = critic_step(tf.constant(data[start : start + 32]))
    generator_loss = generator_step(32)
    print(epoch, float(critic_loss), float(generator_loss))
