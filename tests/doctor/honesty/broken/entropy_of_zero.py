# culprit: entropy = -tf.reduce_sum(routing * tf.math.log(routing), axis=1)
# causes: singular_point, nan_branch
"""A router with an entropy bonus on probabilities that were masked to exactly zero."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(14)
rng = np.random.default_rng(14)
EXPERTS = 4
x = rng.normal(size=(32, 5)).astype("float32")
allowed = (rng.uniform(size=(32, EXPERTS)) > 0.3).astype("float32")
allowed[:, 0] = 1.0
payoff = rng.normal(size=(32, EXPERTS)).astype("float32")

router = keras.Sequential([keras.layers.Input((5,)), keras.layers.Dense(8, activation="tanh"), keras.layers.Dense(EXPERTS)])
optimizer = keras.optimizers.Adam(0.01)


def masked_softmax(logits, mask):
    weights = tf.exp(logits - tf.reduce_max(logits, axis=1, keepdims=True)) * mask
    return weights / tf.reduce_sum(weights, axis=1, keepdims=True)


def objective(features, mask, rewards, bonus=0.01):
    routing = masked_softmax(router(features, training=True), mask)
    entropy = -tf.reduce_sum(routing * tf.math.log(routing), axis=1)
    gained = tf.reduce_sum(routing * rewards, axis=1)
    finite = tf.where(tf.math.is_finite(entropy), entropy, tf.zeros_like(entropy))
    return -tf.reduce_mean(gained + bonus * finite), tf.reduce_mean(finite)


losses = []
for epoch in range(3):
    for start in range(0, 32, 8):
        part = slice(start, start + 8)
        with tf.GradientTape() as tape:
            loss, mean_entropy = objective(x[part], allowed[part], payoff[part])
        gradients = tape.gradient(loss, router.trainable_variables)
        optimizer.apply_gradients(zip(gradients, router.trainable_variables))
        losses.append(loss.numpy())
    print(epoch, losses[-1], mean_entropy.numpy())
