# culprit: landed = tf.numpy_function(simulate,
# causes: external_code, detached_numpy, nondifferentiable_op, missing_custom_gradient
"""Learning to aim: the trajectory comes from a simulator written in NumPy."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(17)
rng = np.random.default_rng(17)
GRAVITY, STEP = 9.81, 0.02


def simulate(speed, angle):
    x, y = np.zeros_like(speed), np.zeros_like(speed)
    vx, vy = speed * np.cos(angle), speed * np.sin(angle)
    for _ in range(400):
        flying = y >= 0
        x = np.where(flying, x + STEP * vx, x)
        y = np.where(flying, y + STEP * vy, y)
        vy = vy - STEP * GRAVITY
    return x.astype("float32")


aim = keras.Sequential(
    [
        keras.layers.Input((1,)),
        keras.layers.Dense(16, activation="tanh"),
        keras.layers.Dense(2),
    ]
)
optimizer = keras.optimizers.Adam(0.01)
distances = rng.uniform(5, 20, size=(24, 1)).astype("float32")


def flight(goal):
    controls = aim(goal / 20.0)
    speed = 10.0 + 5.0 * tf.sigmoid(controls[:, 0])
    angle = 0.3 + 0.8 * tf.sigmoid(controls[:, 1])
    landed = tf.numpy_function(simulate, [speed, angle], tf.float32)
    return tf.ensure_shape(landed, (None,))


for step in range(3):
    with tf.GradientTape() as tape:
        miss = flight(distances) - distances[:, 0]
        loss = tf.reduce_mean(miss**2)
    gradients = tape.gradient(loss, aim.trainable_variables)
    print(step, float(loss), sum(g is not None for g in gradients), "gradients")
