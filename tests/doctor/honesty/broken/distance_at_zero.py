# culprit: return tf.sqrt(tf.reduce_sum(tf.square(a - b), axis=1))
# causes: singular_point
"""A siamese network with a contrastive loss; some pairs are a sample with itself."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(13)
rng = np.random.default_rng(13)
samples = rng.normal(size=(40, 6)).astype("float32")
groups = rng.integers(0, 3, size=40)

tower = keras.Sequential(
    [
        keras.layers.Input((6,)),
        keras.layers.Dense(12, activation="relu"),
        keras.layers.Dense(4),
    ]
)
optimizer = keras.optimizers.Adam(0.01)


def make_pairs(count):
    left, right = rng.integers(0, 40, size=count), rng.integers(0, 40, size=count)
    right[:2] = left[:2]
    return samples[left], samples[right], (groups[left] == groups[right]).astype("float32")


def euclidean(a, b):
    return tf.sqrt(tf.reduce_sum(tf.square(a - b), axis=1))


def contrastive_loss(same, distance, margin=1.0):
    positive = same * distance
    negative = (1.0 - same) * tf.square(tf.maximum(margin - distance, 0.0))
    return tf.reduce_mean(positive + negative)


for step in range(5):
    left, right, same = make_pairs(16)
    with tf.GradientTape() as tape:
        distance = euclidean(tower(left, training=True), tower(right, training=True))
        loss = contrastive_loss(same, distance)
    gradients = tape.gradient(loss, tower.trainable_variables)
    optimizer.apply_gradients(zip(gradients, tower.trainable_variables))
    print(step, float(loss), "largest weight", float(tf.reduce_max(tf.abs(tower.layers[0].kernel))))
