# culprit: def gradient(upstream):
# culprit: return softplus_beta(x @ kernel + offset)
# causes: wrong_custom_gradient
"""A numerically careful softplus with a hand-written derivative that has the wrong sign."""
import numpy as np
import tensorflow as tf

tf.keras.utils.set_random_seed(24)
rng = np.random.default_rng(24)
BETA = 2.0


@tf.custom_gradient
def softplus_beta(x):
    scaled = BETA * x
    value = tf.maximum(x, 0.0) + tf.math.log1p(tf.exp(-tf.abs(scaled))) / BETA

    def gradient(upstream):
        return -upstream * tf.sigmoid(scaled)

    return value, gradient


kernel = tf.Variable(tf.random.normal((4, 6), stddev=0.5), name="kernel")
offset = tf.Variable(tf.zeros((6,)), name="offset")
readout = tf.Variable(tf.random.normal((6, 1), stddev=0.5), name="readout")
variables = [kernel, offset, readout]


def hidden(x):
    return softplus_beta(x @ kernel + offset)


def network(x):
    return hidden(x) @ readout


features = rng.normal(size=(64, 4)).astype("float32")
labels = np.abs(features[:, :1]).astype("float32")
optimizer = tf.keras.optimizers.SGD(0.05)
for epoch in range(5):
    for start in range(0, 64, 16):
        with tf.GradientTape() as tape:
            error = network(features[start : start + 16]) - labels[start : start + 16]
            loss = tf.reduce_mean(error**2)
        gradients = tape.gradient(loss, variables)
        optimizer.apply_gradients(zip(gradients, variables))
    print(epoch, float(loss), float(tf.norm(gradients[0])))
