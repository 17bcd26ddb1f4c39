"""A small network makes the weights of another one from a task's description."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(16)
rng = np.random.default_rng(16)
TASKS, HIDDEN = 6, 5

codes = keras.layers.Embedding(TASKS, 4, name="codes")
maker = keras.Sequential(
    [
        keras.layers.Input((4,)),
        keras.layers.Dense(24, activation="relu"),
        keras.layers.Dense(HIDDEN + HIDDEN + HIDDEN + 1),
    ],
    name="maker",
)


def split(flat):
    first, shift, second, last = tf.split(flat, [HIDDEN, HIDDEN, HIDDEN, 1], axis=-1)
    return first[:, None, :], shift[:, None, :], second[:, :, None], last[:, None, :]


def answer(task, x):
    first, shift, second, last = split(maker(codes(task)))
    hidden = tf.nn.tanh(x * first + shift)
    return tf.matmul(hidden, second) + last


def sample(size=8, points=12):
    task = rng.integers(0, TASKS, size=size)
    x = rng.uniform(-1, 1, size=(size, points, 1)).astype("float32")
    slope = (task / TASKS).astype("float32")[:, None, None]
    return task, x, np.sin(3 * x * slope).astype("float32")


optimizer = keras.optimizers.Adam(0.01, clipnorm=1.0)
losses = []
for step in range(10):
    task, x, y = sample()
    with tf.GradientTape() as tape:
        guess = answer(task, x)
        error = tf.reduce_mean(tf.square(guess - y))
        penalty = 1e-4 * tf.add_n([tf.nn.l2_loss(kernel) for kernel in maker.trainable_weights])
        loss = error + penalty
    variables = codes.trainable_variables + maker.trainable_variables
    gradients = tape.gradient(loss, variables)
    optimizer.apply_gradients(zip(gradients, variables))
    losses.append(float(error))
    print(step, losses[-1], "norm", float(tf.linalg.global_norm(gradients)))
print("mean of the last five", np.mean(losses[-5:]))
