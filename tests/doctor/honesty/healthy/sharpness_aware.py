"""Sharpness-aware minimisation: up the gradient, gradient there, back, and down; weights move four times a step."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(303)
rng = np.random.default_rng(303)
RADIUS = 0.05
x = rng.normal(size=(60, 4)).astype("float32")
y = (np.sin(x[:, :1]) * x[:, 1:2]).astype("float32")

model = keras.Sequential(
    [keras.layers.Input((4,)), keras.layers.Dense(16, activation="tanh"), keras.layers.Dense(1)]
)
optimizer = keras.optimizers.SGD(0.05, momentum=0.9)


def loss_and_gradients(batch_x, batch_y):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(batch_x, training=True) - batch_y) ** 2)
    return loss, tape.gradient(loss, model.trainable_variables)


def climb(gradients):
    norm = tf.linalg.global_norm(gradients)
    moves = []
    for variable, gradient in zip(model.trainable_variables, gradients):
        move = gradient * (RADIUS / (norm + 1e-12))
        variable.assign_add(move)
        moves.append(move)
    return moves


def descend(moves):
    for variable, move in zip(model.trainable_variables, moves):
        variable.assign_sub(move)


history = []
for epoch in range(4):
    for start in range(0, 60, 20):
        batch = x[start : start + 20], y[start : start + 20]
        loss, gradients = loss_and_gradients(*batch)
        moves = climb(gradients)
        sharp_loss, sharp_gradients = loss_and_gradients(*batch)
        descend(moves)
        optimizer.apply_gradients(zip(sharp_gradients, model.trainable_variables))
        history.append((float(loss), float(sharp_loss)))
    print(epoch, history[-1])
