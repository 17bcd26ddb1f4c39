# culprit: return messages / tf.norm(messages, axis=1, keepdims=True)
# causes: singular_point
"""A graph layer that normalises the summed messages; some nodes have no neighbours."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(405)
rng = np.random.default_rng(405)
NODES = 10
features = rng.normal(size=(NODES, 4)).astype("float32")
edges = rng.integers(0, NODES - 3, size=(16, 2))
labels = rng.integers(0, 2, size=NODES)
train_nodes = np.arange(NODES)


class NormalisedGraphLayer(keras.layers.Layer):
    def __init__(self, width):
        super().__init__()
        self.transform = keras.layers.Dense(width)

    def normalise(self, messages):
        return messages / tf.norm(messages, axis=1, keepdims=True)

    def call(self, x):
        sent = tf.gather(self.transform(x), edges[:, 0])
        gathered = tf.math.unsorted_segment_sum(sent, edges[:, 1], NODES)
        return tf.nn.relu(self.normalise(gathered))


layer = NormalisedGraphLayer(6)
classifier = keras.layers.Dense(2)
optimizer = keras.optimizers.Adam(0.01)
loss_function = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="none")


def loss_of(nodes):
    logits = classifier(layer(features))
    per_node = loss_function(labels[nodes], tf.gather(logits, nodes))
    return tf.reduce_mean(per_node), logits


for epoch in range(3):
    with tf.GradientTape() as tape:
        loss, logits = loss_of(train_nodes)
    variables = layer.trainable_variables + classifier.trainable_variables
    gradients = tape.gradient(loss, variables)
    optimizer.apply_gradients(zip(gradients, variables))
    print(epoch, float(loss), np.isnan(logits.numpy()).sum())
