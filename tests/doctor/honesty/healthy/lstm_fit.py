"""Sequence classification with an LSTM, masking, a tf.data pipeline and class weights."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(161)
rng = np.random.default_rng(161)
LENGTH, CHANNELS = 10, 3


def make_sequences(count):
    lengths = rng.integers(4, LENGTH + 1, size=count)
    x = rng.normal(size=(count, LENGTH, CHANNELS)).astype("float32")
    for row, length in enumerate(lengths):
        x[row, length:] = 0.0
    y = (x.sum(axis=(1, 2)) > 0).astype("int32")
    return x, y


x, y = make_sequences(64)
dataset = (
    tf.data.Dataset.from_tensor_slices((x, y))
    .map(lambda sequence, label: (sequence * 1.1, label))
    .shuffle(64, seed=3)
    .batch(16)
    .prefetch(1)
)
model = keras.Sequential(
    [
        keras.layers.Input((LENGTH, CHANNELS)),
        keras.layers.Masking(),
        keras.layers.LSTM(8, return_sequences=True, recurrent_dropout=0.1),
        keras.layers.GRU(6),
        keras.layers.Dense(2, activation="softmax"),
    ]
)
model.compile(
    optimizer=keras.optimizers.RMSprop(0.01, clipnorm=1.0),
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
)
history = model.fit(dataset, epochs=2, verbose=0, class_weight={0: 1.0, 1: 1.2})
x_test, y_test = make_sequences(16)
scores = model.predict(x_test, verbose=0)
print(history.history, (scores.argmax(axis=1) == y_test).mean())
for layer in model.layers:
    print(layer.name, [tuple(weight.shape) for weight in layer.trainable_weights])
