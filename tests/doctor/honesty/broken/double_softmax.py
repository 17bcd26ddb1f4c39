# culprit: losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
# causes: double_activation
"""A classifier whose last layer is a softmax, with a loss that applies another."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(21)
rng = np.random.default_rng(21)
centres = 2.0 * rng.normal(size=(4, 6))
classes = rng.integers(0, 4, size=96)
points = (centres[classes] + rng.normal(size=(96, 6))).astype("float32")

model = keras.Sequential(
    [
        keras.layers.Input((6,)),
        keras.layers.Dense(24, activation="relu"),
        keras.layers.Dropout(0.1, seed=1),
        keras.layers.Dense(4, activation="softmax"),
    ]
)
optimizer = keras.optimizers.Adam(0.01)
accuracy = keras.metrics.SparseCategoricalAccuracy()


def train_step(features, labels):
    with tf.GradientTape() as tape:
        probabilities = model(features, training=True)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=probabilities)
        loss = tf.reduce_mean(losses)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    accuracy.update_state(labels, probabilities)
    return loss


for epoch in range(4):
    accuracy.reset_state()
    order = rng.permutation(96)
    total = 0.0
    for start in range(0, 96, 24):
        rows = order[start : start + 24]
        total += float(train_step(points[rows], classes[rows]))
    print(epoch, total / 4, float(accuracy.result()))
