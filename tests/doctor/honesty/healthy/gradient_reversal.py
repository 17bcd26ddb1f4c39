"""Domain-adversarial training: a gradient reversal layer, whose gradient is deliberately not its derivative."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(12)
rng = np.random.default_rng(12)


@tf.custom_gradient
def reverse(x):
    def gradient(upstream):
        return -0.3 * upstream

    return tf.identity(x), gradient


@tf.custom_gradient
def hard_sign(x):
    """Binary activation with a clipped straight-through gradient."""

    def gradient(upstream):
        return upstream * tf.cast(tf.abs(x) <= 1.0, upstream.dtype)

    return tf.sign(x), gradient


source = rng.normal(size=(32, 4)).astype("float32")
goal = rng.normal(loc=0.5, size=(32, 4)).astype("float32")
labels = (source[:, :1] > 0).astype("float32")
features = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(8, activation="tanh")])
classifier = keras.Sequential([keras.layers.Input((8,)), keras.layers.Dense(1)])
domain = keras.Sequential([keras.layers.Input((8,)), keras.layers.Dense(4, activation="relu"), keras.layers.Dense(1)])
parts = features.trainable_variables + classifier.trainable_variables + domain.trainable_variables
optimizer = keras.optimizers.Adam(0.01)
bce = keras.losses.BinaryCrossentropy(from_logits=True)

for step in range(10):
    with tf.GradientTape() as tape:
        both = features(tf.concat([source, goal], axis=0))
        binary = both + 0.1 * hard_sign(both)
        class_loss = bce(labels, classifier(binary[:32]))
        domain_labels = tf.concat([tf.zeros((32, 1)), tf.ones((32, 1))], axis=0)
        domain_loss = bce(domain_labels, domain(reverse(both)))
        loss = class_loss + domain_loss
    gradients = tape.gradient(loss, parts)
    optimizer.apply_gradients(zip(gradients, parts))
    print(step, class_loss.numpy(), domain_loss.numpy())
