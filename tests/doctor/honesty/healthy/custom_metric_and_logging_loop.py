"""A compiled step, metrics of one's own, a confusion matrix, moving averages and a CSV log around an ordinary training."""
import csv
import io

import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(20)
rng = np.random.default_rng(20)
x = rng.normal(size=(180, 4)).astype("float32")
y = np.argmax(x[:, :3] + 0.2 * rng.normal(size=(180, 3)), axis=1)


class Margin(keras.metrics.Metric):
    """The mean distance between the best and the second best logit."""

    def __init__(self, name="margin"):
        super().__init__(name=name)
        self.total = self.add_weight(name="total", initializer="zeros")
        self.count = self.add_weight(name="count", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        best = tf.math.top_k(y_pred, 2).values
        self.total.assign_add(tf.reduce_sum(best[:, 0] - best[:, 1]))
        self.count.assign_add(tf.cast(tf.shape(y_pred)[0], self.count.dtype))

    def result(self):
        return self.total / self.count


model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(16, "swish"), keras.layers.Dense(3)])
loss_function = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.02, 40))
margin, accuracy = Margin(), keras.metrics.SparseCategoricalAccuracy()


@tf.function
def train_step(features, labels):
    with tf.GradientTape() as tape:
        predictions = model(features, training=True)
        loss = loss_function(labels, predictions)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    margin.update_state(labels, predictions)
    accuracy.update_state(labels, predictions)
    return loss


log, average = io.StringIO(), None
writer = csv.writer(log)
for epoch in range(4):
    margin.reset_state()
    accuracy.reset_state()
    for start in range(0, 180, 36):
        loss = float(train_step(tf.constant(x[start : start + 36]), tf.constant(y[start : start + 36])))
        average = loss if average is None else 0.9 * average + 0.1 * loss
    writer.writerow([epoch, average, float(margin.result()), float(accuracy.result())])
confusion = tf.math.confusion_matrix(y, tf.argmax(model(x), axis=1)).numpy()
print(log.getvalue(), confusion)
