# culprit: h = tf.nn.relu(tf.matmul(x, self.w1) + self.b1)
# culprit: self.b1 = tf.Variable(
# causes: dead_units, saturated
"""A ReLU network whose hidden biases were initialised far below zero."""
import numpy as np
import tensorflow as tf

tf.keras.utils.set_random_seed(16)
rng = np.random.default_rng(16)


class Network(tf.Module):
    def __init__(self, inputs, hidden):
        super().__init__()
        self.w1 = tf.Variable(tf.random.normal((inputs, hidden), stddev=0.3), name="w1")
        self.b1 = tf.Variable(tf.fill((hidden,), -25.0), name="b1")
        self.w2 = tf.Variable(tf.random.normal((hidden, 1), stddev=0.3), name="w2")
        self.b2 = tf.Variable(tf.zeros((1,)), name="b2")

    def __call__(self, x):
        h = tf.nn.relu(tf.matmul(x, self.w1) + self.b1)
        return tf.matmul(h, self.w2) + self.b2


def batches(x, y, size):
    order = rng.permutation(len(x))
    for start in range(0, len(x), size):
        rows = order[start : start + size]
        yield x[rows], y[rows]


x = rng.normal(size=(80, 6)).astype("float32")
y = (x[:, :1] - 0.5 * x[:, 1:2] ** 2).astype("float32")
network = Network(6, 12)
optimizer = tf.keras.optimizers.Adam(0.01)
for epoch in range(4):
    losses = []
    for batch_x, batch_y in batches(x, y, 20):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((network(batch_x) - batch_y) ** 2)
        gradients = tape.gradient(loss, network.trainable_variables)
        optimizer.apply_gradients(zip(gradients, network.trainable_variables))
        losses.append(loss.numpy())
    print(epoch, np.mean(losses))
