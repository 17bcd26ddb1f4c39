"""The original Wasserstein GAN: weights clipped after each step with assign, five critic steps, RMSprop."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(310)
rng = np.random.default_rng(310)
LIMIT, CRITIC_STEPS = 0.05, 3
target = (rng.normal(size=(120, 2)) * 0.4 + [1.0, -1.0]).astype("float32")

generator = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(10, activation="relu"), keras.layers.Dense(2)])
critic = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(10, activation="relu"), keras.layers.Dense(1)])
g_optimizer = keras.optimizers.RMSprop(5e-3)
c_optimizer = keras.optimizers.RMSprop(5e-3)
for variable in critic.trainable_variables:
    variable.assign(tf.clip_by_value(variable, -LIMIT, LIMIT))


def draw(count):
    return tf.constant(target[rng.integers(0, len(target), size=count)])


def train_critic(count):
    fake = generator(tf.random.normal((count, 3)))
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(critic(fake)) - tf.reduce_mean(critic(draw(count)))
    gradients = tape.gradient(loss, critic.trainable_variables)
    c_optimizer.apply_gradients(zip(gradients, critic.trainable_variables))
    for variable in critic.trainable_variables:
        variable.assign(tf.clip_by_value(variable, -LIMIT, LIMIT))
    return loss


def train_generator(count):
    with tf.GradientTape() as tape:
        fake = generator(tf.random.normal((count, 3)))
        loss = -tf.reduce_mean(critic(fake))
    gradients = tape.gradient(loss, generator.trainable_variables)
    g_optimizer.apply_gradients(zip(gradients, generator.trainable_variables))
    return loss, fake


for round_number in range(4):
    distances = [-float(train_critic(16)) for _ in range(CRITIC_STEPS)]
    g_loss, fake = train_generator(16)
    print(round_number, distances[-1], g_loss.numpy(), fake.numpy().mean(axis=0))
