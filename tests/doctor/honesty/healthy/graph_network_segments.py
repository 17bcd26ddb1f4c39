"""A graph network: messages summed with unsorted_segment_sum, nodes without neighbours, readout per graph."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(305)
rng = np.random.default_rng(305)
NODES, EDGES = 12, 20


def random_graph():
    features = rng.normal(size=(NODES, 3)).astype("float32")
    sources = rng.integers(0, NODES - 2, size=EDGES)
    targets = rng.integers(0, NODES - 2, size=EDGES)
    label = np.float32(features[sources].sum() / EDGES)
    return features, sources, targets, label


class MessagePassing(keras.layers.Layer):
    def __init__(self, width):
        super().__init__()
        self.message = keras.layers.Dense(width, activation="relu")
        self.update = keras.layers.Dense(width, activation="relu")

    def call(self, features, sources, targets):
        pairs = tf.concat([tf.gather(features, sources), tf.gather(features, targets)], axis=1)
        incoming = tf.math.unsorted_segment_sum(self.message(pairs), targets, NODES)
        degree = tf.math.unsorted_segment_sum(tf.ones((EDGES, 1)), targets, NODES)
        average = tf.math.divide_no_nan(incoming, degree)
        return self.update(tf.concat([features, average], axis=1))


layers = [MessagePassing(8), MessagePassing(8)]
readout = keras.layers.Dense(1)
optimizer = keras.optimizers.Adam(0.01)
losses = []
for step in range(12):
    features, sources, targets, label = random_graph()
    with tf.GradientTape() as tape:
        h = tf.constant(features)
        for layer in layers:
            h = layer(h, sources, targets)
        prediction = readout(tf.reduce_mean(h, axis=0, keepdims=True))[0, 0]
        loss = tf.square(prediction - label)
    weights = [v for layer in (*layers, readout) for v in layer.trainable_variables]
    optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
    losses.append(float(loss))
    if step % 4 == 3:
        print(step, np.mean(losses[-4:]))
