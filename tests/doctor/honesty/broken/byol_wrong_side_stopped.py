# culprit: online_view = tf.stop_gradient(online_projector(online_encoder(first)))
# causes: stop_gradient, swapped_variables, missing_stop_gradient
"""Self-supervised learning with two views: the stop_gradient sits on the wrong branch."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(9)
rng = np.random.default_rng(9)
data = rng.normal(size=(64, 10)).astype("float32")


def build_encoder():
    return keras.Sequential([keras.layers.Input((10,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(8)])


def augment(batch):
    return batch + 0.1 * tf.random.normal(tf.shape(batch))


def similarity(a, b):
    return tf.reduce_mean(tf.reduce_sum(tf.math.l2_normalize(a, axis=1) * tf.math.l2_normalize(b, axis=1), axis=1))


online_encoder, target_encoder = build_encoder(), build_encoder()
online_projector = keras.Sequential([keras.layers.Input((8,)), keras.layers.Dense(8)])
target_encoder.set_weights(online_encoder.get_weights())
optimizer = keras.optimizers.SGD(0.1, momentum=0.9)
variables = online_encoder.trainable_variables + online_projector.trainable_variables

for step in range(5):
    batch = data[rng.integers(0, 64, size=32)]
    first, second = augment(batch), augment(batch)
    with tf.GradientTape() as tape:
        online_view = tf.stop_gradient(online_projector(online_encoder(first)))
        target_view = target_encoder(second)
        loss = 1.0 - similarity(online_view, target_view)
    gradients = tape.gradient(loss, variables)
    norms = [0.0 if g is None else float(tf.norm(g)) for g in gradients]
    print(step, float(loss), norms)
    optimizer.apply_gradients([(g, v) for g, v in zip(gradients, variables) if g is not None] or [(tf.zeros_like(variables[0]), variables[0])])
    for slow, fast in zip(target_encoder.weights, online_encoder.weights):
        slow.assign(0.99 * slow + 0.01 * fast)
