# culprit: gradients = tape.gradient(loss, self.trainable_variables)
# causes: optimizer_misuse
"""A Keras model with its own train_step that computes gradients and clips them, and stops there."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(20)
rng = np.random.default_rng(20)


class Forecaster(keras.Model):
    def __init__(self, width=12):
        super().__init__()
        self.hidden = keras.layers.Dense(width, activation="relu")
        self.out = keras.layers.Dense(1)
        self.tracker = keras.metrics.Mean(name="loss")

    def call(self, x):
        return self.out(self.hidden(x))

    @property
    def metrics(self):
        return [self.tracker]

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(self(x, training=True) - y))
        gradients = tape.gradient(loss, self.trainable_variables)
        gradients = [tf.clip_by_norm(gradient, 1.0) for gradient in gradients]
        self.tracker.update_state(loss)
        return {"loss": self.tracker.result()}


def windows(series, length=5):
    x = np.stack([series[i : i + length] for i in range(len(series) - length)])
    return x.astype("float32"), series[length:, None].astype("float32")


series = np.sin(np.linspace(0, 12, 90)) + 0.05 * rng.normal(size=90)
x, y = windows(series)
model = Forecaster()
model.compile(optimizer=keras.optimizers.Adam(0.01))
history = model.fit(x, y, epochs=3, batch_size=17, shuffle=False, verbose=0)
print(history.history["loss"])
