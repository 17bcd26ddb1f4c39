"""A classifier whose loop computes a NumPy confusion matrix from argmax predictions within the tape."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(3)
rng = np.random.default_rng(3)
centres = rng.normal(scale=3.0, size=(3, 4))
y_train = rng.integers(0, 3, size=90)
x_train = (centres[y_train] + rng.normal(size=(90, 4))).astype("float32")

model = keras.Sequential(
    [
        keras.layers.Input((4,)),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(3),
    ]
)
optimizer = keras.optimizers.Adam(0.01)
loss_function = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def confusion(y_true, y_pred, classes=3):
    table = np.zeros((classes, classes), int)
    for true, predicted in zip(y_true, y_pred):
        table[true, predicted] += 1
    return table


for epoch in range(3):
    order = rng.permutation(len(x_train))
    table = np.zeros((3, 3), int)
    total = 0.0
    for start in range(0, len(order), 30):
        batch = order[start : start + 30]
        x, y = x_train[batch], y_train[batch]
        with tf.GradientTape() as tape:
            logits = model(x, training=True)
            loss = loss_function(y, logits)
            guesses = tf.argmax(logits, axis=-1).numpy()
            table += confusion(y, guesses)
            accuracy = np.mean(guesses == y)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        total += loss.numpy() * len(batch)
    print(epoch, total / len(order), accuracy, table.trace() / table.sum())
