# culprit: guesses = tf.cast(tf.argmax(y_pred, axis=-1), tf.float32)
# causes: nondifferentiable_op, integer_dtype, wrong_target, exception
"""A Keras model compiled with a loss that counts mistakes."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(401)
rng = np.random.default_rng(401)


def load(count=80):
    x = rng.normal(size=(count, 5)).astype("float32")
    y = (x[:, 0] + x[:, 1] > 0).astype("float32")
    return x, y


def build(width):
    return keras.Sequential(
        [
            keras.layers.Input((5,)),
            keras.layers.Dense(width, activation="relu"),
            keras.layers.Dropout(0.1),
            keras.layers.Dense(2),
        ]
    )


def mistakes(y_true, y_pred):
    """The share of wrong guesses in the batch."""
    guesses = tf.cast(tf.argmax(y_pred, axis=-1), tf.float32)
    truth = tf.reshape(tf.cast(y_true, tf.float32), [-1])
    return tf.reduce_mean(tf.cast(tf.not_equal(guesses, truth), tf.float32))


x, y = load()
model = build(16)
model.compile(optimizer=keras.optimizers.Adam(0.01), loss=mistakes)
callbacks = [keras.callbacks.EarlyStopping(monitor="loss", patience=3)]
history = model.fit(x[:64], y[:64], epochs=3, batch_size=16, verbose=0, callbacks=callbacks)
print(history.history["loss"])
scores = model.predict(x[64:], verbose=0)
print("test mistakes", np.mean(scores.argmax(axis=1) != y[64:]))
