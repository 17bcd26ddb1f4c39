"""Gradient accumulation over micro-batches in variables, averaged, applied and reset."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(171)
rng = np.random.default_rng(171)
x = rng.normal(size=(64, 5)).astype("float32")
y = (x @ rng.normal(size=(5, 2))).astype("float32")

model = keras.Sequential([keras.layers.Input((5,)), keras.layers.Dense(10, activation="elu"), keras.layers.Dense(2)])
optimizer = keras.optimizers.AdamW(0.01)
accumulators = [tf.Variable(tf.zeros_like(v), trainable=False) for v in model.trainable_variables]
MICRO, EVERY = 8, 4


def micro_step(batch_x, batch_y):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(model(batch_x, training=True) - batch_y))
    gradients = tape.gradient(loss, model.trainable_variables)
    for accumulator, gradient in zip(accumulators, gradients):
        accumulator.assign_add(gradient)
    return loss


def apply_accumulated():
    averaged = [accumulator / EVERY for accumulator in accumulators]
    optimizer.apply_gradients(zip(averaged, model.trainable_variables))
    for accumulator in accumulators:
        accumulator.assign(tf.zeros_like(accumulator))


count = 0
for epoch in range(2):
    total = 0.0
    for start in range(0, len(x), MICRO):
        total += float(micro_step(x[start : start + MICRO], y[start : start + MICRO]))
        count += 1
        if count % EVERY == 0:
            apply_accumulated()
    print(epoch, total / (len(x) / MICRO), int(optimizer.iterations))
