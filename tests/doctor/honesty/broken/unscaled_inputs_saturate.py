# culprit: hidden = tf.sigmoid(batch @ kernel_1 + bias_1)
# causes: saturated
"""A small network on raw sensor readings, thousands in size, with sigmoid units."""
import numpy as np
import tensorflow as tf

tf.keras.utils.set_random_seed(15)
rng = np.random.default_rng(15)


def read_sensors(count):
    pressure = rng.uniform(90_000, 110_000, size=(count, 1))
    altitude = rng.uniform(3_000, 8_000, size=(count, 1))
    humidity = rng.uniform(2_000, 9_000, size=(count, 1))
    readings = np.concatenate([pressure, altitude, humidity], axis=1)
    rain = ((humidity > 6_000) & (pressure < 100_000)).astype("float32")
    return readings.astype("float32"), rain


readings, rain = read_sensors(64)
kernel_1 = tf.Variable(tf.random.normal((3, 8)), name="kernel_1")
bias_1 = tf.Variable(tf.zeros((8,)), name="bias_1")
kernel_2 = tf.Variable(tf.random.normal((8, 1)), name="kernel_2")
bias_2 = tf.Variable(tf.zeros((1,)), name="bias_2")
variables = [kernel_1, bias_1, kernel_2, bias_2]


def network(batch):
    hidden = tf.sigmoid(batch @ kernel_1 + bias_1)
    return hidden @ kernel_2 + bias_2


def cross_entropy(labels, logits):
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits))


optimizer = tf.keras.optimizers.SGD(0.1)
for epoch in range(4):
    for start in range(0, 64, 16):
        with tf.GradientTape() as tape:
            loss = cross_entropy(rain[start : start + 16], network(readings[start : start + 16]))
        gradients = tape.gradient(loss, variables)
        optimizer.apply_gradients(zip(gradients, variables))
    print(epoch, float(loss), [float(tf.norm(g)) for g in gradients])
