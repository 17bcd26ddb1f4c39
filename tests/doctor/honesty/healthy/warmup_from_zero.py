"""A learning-rate schedule that starts at exactly zero, global-norm clipping, and weights averaged at the end."""
import math

import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(181)
rng = np.random.default_rng(181)


class WarmupCosine(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, peak, warmup, total):
        self.peak, self.warmup, self.total = peak, warmup, total

    def __call__(self, step):
        step = tf.cast(step, tf.float32)
        rising = self.peak * step / self.warmup
        falling = 0.5 * self.peak * (1 + tf.cos(math.pi * (step - self.warmup) / (self.total - self.warmup)))
        return tf.where(step < self.warmup, rising, falling)


x = rng.normal(size=(48, 4)).astype("float32")
y = np.maximum(x[:, :1], 0) - x[:, 1:2]
model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(12, activation="swish"), keras.layers.Dense(1)])
optimizer = keras.optimizers.SGD(WarmupCosine(0.1, 4, 12), momentum=0.9)
averages = [tf.Variable(v, trainable=False) for v in model.trainable_variables]

for step in range(12):
    rows = rng.integers(0, 48, size=16)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.abs(model(x[rows]) - y[rows]))
    gradients = tape.gradient(loss, model.trainable_variables)
    gradients, norm = tf.clip_by_global_norm(gradients, 1.0)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    for average, variable in zip(averages, model.trainable_variables):
        average.assign(0.9 * average + 0.1 * variable)
    print(step, float(loss), float(norm), float(optimizer.learning_rate))

for average, variable in zip(averages, model.trainable_variables):
    variable.assign(average)
print(float(tf.reduce_mean(tf.abs(model(x) - y))))
