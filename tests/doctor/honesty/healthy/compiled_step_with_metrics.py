"""A compiled train step and test step, Keras metrics, a metric reset each epoch, prints in between."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(191)
rng = np.random.default_rng(191)
x = rng.uniform(-1, 1, size=(80, 2)).astype("float32")
y = (np.hypot(x[:, 0], x[:, 1]) < 0.7).astype("int64")
train = tf.data.Dataset.from_tensor_slices((x[:64], y[:64])).shuffle(64, seed=5).batch(16)
test = tf.data.Dataset.from_tensor_slices((x[64:], y[64:])).batch(16)

model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(2)])
loss_object = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer = keras.optimizers.Adam(0.02)
train_loss, test_loss = keras.metrics.Mean(), keras.metrics.Mean()
train_accuracy = keras.metrics.SparseCategoricalAccuracy()
test_accuracy = keras.metrics.SparseCategoricalAccuracy()


@tf.function
def train_step(features, labels):
    with tf.GradientTape() as tape:
        predictions = model(features, training=True)
        loss = loss_object(labels, predictions)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    train_loss(loss)
    train_accuracy(labels, predictions)


@tf.function
def test_step(features, labels):
    predictions = model(features, training=False)
    test_loss(loss_object(labels, predictions))
    test_accuracy(labels, predictions)


for epoch in range(3):
    for metric in (train_loss, train_accuracy, test_loss, test_accuracy):
        metric.reset_state()
    for features, labels in train:
        train_step(features, labels)
    for features, labels in test:
        test_step(features, labels)
    print(epoch, float(train_loss.result()), float(train_accuracy.result()), float(test_accuracy.result()))
