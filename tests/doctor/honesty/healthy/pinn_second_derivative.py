"""A physics-informed network: second derivatives with nested tapes, collocation points, boundary terms."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(151)
network = keras.Sequential(
    [
        keras.layers.Input((1,)),
        keras.layers.Dense(16, activation="tanh"),
        keras.layers.Dense(16, activation="tanh"),
        keras.layers.Dense(1),
    ]
)
optimizer = keras.optimizers.Adam(5e-3)
points = tf.reshape(tf.linspace(0.0, np.float32(np.pi), 24), (-1, 1))
ends = tf.constant([[0.0], [np.pi]])


def derivatives(x):
    with tf.GradientTape() as second:
        second.watch(x)
        with tf.GradientTape() as first:
            first.watch(x)
            u = network(x)
        du = first.gradient(u, x)
    return u, du, second.gradient(du, x)


def residual_loss():
    """u'' = -u, the solution is sin(x)."""
    u, _, d2u = derivatives(points)
    return tf.reduce_mean((d2u + u) ** 2)


def boundary_loss():
    value = network(ends)
    with tf.GradientTape() as tape:
        tape.watch(ends)
        u = network(ends)
    slope = tape.gradient(u, ends)
    return tf.reduce_mean(value**2) + (slope[0, 0] - 1.0) ** 2


@tf.function
def train_step():
    with tf.GradientTape() as tape:
        physics, boundary = residual_loss(), boundary_loss()
        loss = physics + 10.0 * boundary
    gradients = tape.gradient(loss, network.trainable_variables)
    optimizer.apply_gradients(zip(gradients, network.trainable_variables))
    return physics, boundary


for step in range(15):
    physics, boundary = train_step()
    if step % 5 == 0:
        error = np.abs(network(points).numpy() - np.sin(points.numpy())).max()
        print(step, float(physics), float(boundary), error)
