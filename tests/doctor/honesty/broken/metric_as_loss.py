# culprit: error_metric.update_state(y[rows], predictions)
# culprit: loss = error_metric.result()
# causes: stateful_write, wrong_target
"""A loop that differentiates the result of a Keras metric."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(23)
rng = np.random.default_rng(23)
x = rng.normal(size=(72, 5)).astype("float32")
y = (np.cos(x[:, :1]) + x[:, 1:2]).astype("float32")

model = keras.Sequential(
    [
        keras.layers.Input((5,)),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(8, activation="relu"),
        keras.layers.Dense(1),
    ]
)
optimizer = keras.optimizers.RMSprop(0.005)
error_metric = keras.metrics.MeanAbsoluteError()
epoch_metric = keras.metrics.Mean()


def batches(count, size):
    order = rng.permutation(count)
    return [order[start : start + size] for start in range(0, count, size)]


skipped = 0
for epoch in range(3):
    epoch_metric.reset_state()
    for rows in batches(72, 24):
        error_metric.reset_state()
        with tf.GradientTape() as tape:
            predictions = model(x[rows], training=True)
            error_metric.update_state(y[rows], predictions)
            loss = error_metric.result()
        gradients = tape.gradient(loss, model.trainable_variables)
        if any(gradient is None for gradient in gradients):
            skipped += 1
            continue
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        epoch_metric.update_state(loss)
    print(epoch, float(loss), "updates skipped so far:", skipped)
