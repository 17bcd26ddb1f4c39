"""Metric learning: all pairs of a batch by broadcasting (B, 1, D) against (B, D), on purpose; hard triplets."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(41)
rng = np.random.default_rng(41)
classes = rng.integers(0, 4, size=48)
centres = rng.normal(size=(4, 5)) * 2
samples = (centres[classes] + rng.normal(size=(48, 5))).astype("float32")

embed = keras.Sequential([keras.layers.Input((5,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(3)])
scorer = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1)])
optimizer = keras.optimizers.Adam(0.01)


def squared_distances(vectors):
    differences = vectors[:, None, :] - vectors[None, :, :]
    return tf.reduce_sum(differences**2, axis=-1)


def contrastive(vectors, labels, margin=1.0):
    same = tf.cast(labels[:, None] == labels[None, :], tf.float32)
    squares = squared_distances(vectors)
    distances = tf.sqrt(squares + 1e-9)
    pull = same * squares
    push = (1.0 - same) * tf.maximum(0.0, margin - distances) ** 2
    return tf.reduce_mean(pull + push)


def ranking(scores, relevance):
    """Every pair of documents: the more relevant one should have the higher score."""
    gaps = scores - tf.transpose(scores)
    better = tf.cast(relevance[:, None] > relevance[None, :], tf.float32)
    return tf.reduce_sum(better * tf.nn.softplus(-gaps)) / (tf.reduce_sum(better) + 1.0)


variables = embed.trainable_variables + scorer.trainable_variables
for epoch in range(3):
    for start in range(0, 48, 16):
        x, labels = samples[start : start + 16], classes[start : start + 16]
        with tf.GradientTape() as tape:
            vectors = embed(x, training=True)
            loss = contrastive(vectors, labels) + 0.1 * ranking(scorer(vectors), labels)
        gradients = tape.gradient(loss, variables)
        optimizer.apply_gradients(zip(gradients, variables))
    print(epoch, float(loss))
