"""A neural ODE by explicit Euler steps, fitted to a spiral, with a learnable step size kept positive."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(311)
STEPS = 8
times = np.linspace(0, 1, STEPS + 1)
spiral = np.stack([np.exp(-times) * np.cos(4 * times), np.exp(-times) * np.sin(4 * times)], axis=1).astype("float32")

field = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(16, activation="tanh"), keras.layers.Dense(2)])
raw_step = tf.Variable(-2.0, name="raw_step")
optimizer = keras.optimizers.Adam(0.02)


def integrate(start):
    step = tf.nn.softplus(raw_step)
    state, states = start, [start]
    for _ in range(STEPS):
        state = state + step * field(state)
        states.append(state)
    return tf.concat(states, axis=0)


def energy(states):
    return tf.reduce_mean(tf.reduce_sum(states**2, axis=1))


@tf.function
def objective():
    path = integrate(tf.constant(spiral[:1]))
    return tf.reduce_mean((path - spiral) ** 2) + 1e-4 * energy(path), path


history = []
for iteration in range(12):
    with tf.GradientTape() as tape:
        loss, path = objective()
    variables = [*field.trainable_variables, raw_step]
    gradients = tape.gradient(loss, variables)
    optimizer.apply_gradients(zip(gradients, variables))
    history.append(float(loss))
    if iteration % 4 == 0:
        largest = np.abs(path.numpy() - spiral).max()
        print(iteration, history[-1], largest, "step", float(tf.nn.softplus(raw_step)))
assert history[-1] < history[0]
