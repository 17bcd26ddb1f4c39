# culprit: weights = tf.exp(scores)
# causes: singular_point
"""Attention with a softmax written out by hand, on unscaled embeddings."""
import numpy as np
import tensorflow as tf

tf.keras.utils.set_random_seed(406)
rng = np.random.default_rng(406)
LENGTH, WIDTH = 6, 32
sequences = (rng.normal(size=(24, LENGTH, WIDTH)) * 4.0).astype("float32")
labels = sequences[:, 0, :1].astype("float32")


class Attention(tf.Module):
    def __init__(self, width):
        super().__init__()
        self.wq = tf.Variable(tf.random.normal((width, width), stddev=0.3), name="wq")
        self.wk = tf.Variable(tf.random.normal((width, width), stddev=0.3), name="wk")
        self.wv = tf.Variable(tf.random.normal((width, width), stddev=0.3), name="wv")

    def __call__(self, x):
        queries, keys, values = x @ self.wq, x @ self.wk, x @ self.wv
        scores = tf.matmul(queries, keys, transpose_b=True)
        weights = tf.exp(scores)
        weights = weights / tf.reduce_sum(weights, axis=-1, keepdims=True)
        return tf.matmul(weights, values)


attention = Attention(WIDTH)
readout = tf.Variable(tf.random.normal((WIDTH, 1), stddev=0.1), name="readout")
variables = [*attention.trainable_variables, readout]
optimizer = tf.keras.optimizers.Adam(1e-3)


def predict(batch):
    return tf.reduce_mean(attention(batch), axis=1) @ readout


for epoch in range(3):
    for start in range(0, 24, 8):
        with tf.GradientTape() as tape:
            prediction = predict(sequences[start : start + 8])
            loss = tf.reduce_mean((prediction - labels[start : start + 8]) ** 2)
        gradients = tape.gradient(loss, variables)
        optimizer.apply_gradients(zip(gradients, variables))
    print(epoch, loss.numpy(), [bool(np.isnan(g.numpy()).any()) for g in gradients])
