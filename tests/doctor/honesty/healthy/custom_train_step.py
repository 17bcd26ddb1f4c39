"""A Keras model with its own train_step and test_step, trackers and clipping, trained with fit."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(101)
rng = np.random.default_rng(101)


class Regressor(keras.Model):
    def __init__(self, width=16):
        super().__init__()
        self.hidden = keras.layers.Dense(width, activation="gelu")
        self.normalise = keras.layers.LayerNormalization()
        self.out = keras.layers.Dense(1)
        self.loss_tracker = keras.metrics.Mean(name="loss")
        self.mae_metric = keras.metrics.MeanAbsoluteError(name="mae")

    def call(self, x, training=False):
        return self.out(self.normalise(self.hidden(x)))

    @property
    def metrics(self):
        return [self.loss_tracker, self.mae_metric]

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = keras.ops.mean(keras.ops.square(y - y_pred))
        gradients = tape.gradient(loss, self.trainable_variables)
        gradients = [tf.clip_by_norm(gradient, 5.0) for gradient in gradients]
        self.optimizer.apply(gradients, self.trainable_variables)
        self.loss_tracker.update_state(loss)
        self.mae_metric.update_state(y, y_pred)
        return {metric.name: metric.result() for metric in self.metrics}

    def test_step(self, data):
        x, y = data
        y_pred = self(x, training=False)
        self.loss_tracker.update_state(keras.ops.mean(keras.ops.square(y - y_pred)))
        self.mae_metric.update_state(y, y_pred)
        return {metric.name: metric.result() for metric in self.metrics}


x = rng.normal(size=(64, 4)).astype("float32")
y = x[:, :1] - x[:, 2:3]
model = Regressor()
model.compile(optimizer=keras.optimizers.Adam(0.01))
log = model.fit(x, y, epochs=3, batch_size=16, validation_split=0.25, verbose=0)
print(log.history, model.evaluate(x, y, verbose=0, return_dict=True))
