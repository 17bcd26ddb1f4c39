"""Batches come from a Python generator through tf.data; callbacks stop early, lower the rate and keep the best weights."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(12)
rng = np.random.default_rng(12)


def batches():
    while True:
        angle = rng.uniform(0, 2 * np.pi, size=(32, 1))
        noise = rng.normal(0, 0.05, size=(32, 1))
        features = np.concatenate([np.sin(angle), np.cos(angle)], axis=1)
        yield features.astype("float32"), (np.sin(2 * angle) + noise).astype("float32")


signature = (tf.TensorSpec((None, 2), tf.float32), tf.TensorSpec((None, 1), tf.float32))
data = tf.data.Dataset.from_generator(batches, output_signature=signature).prefetch(2)

model = keras.Sequential(
    [
        keras.layers.Input((2,)),
        keras.layers.Dense(24, activation="tanh"),
        keras.layers.BatchNormalization(),
        keras.layers.Dense(24, activation="tanh"),
        keras.layers.Dense(1),
    ]
)


class Diary(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.norms = []

    def on_epoch_end(self, epoch, logs=None):
        kernel = self.model.layers[0].kernel.numpy()
        self.norms.append(float(np.linalg.norm(kernel)))


diary = Diary()
model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
model.fit(
    data,
    steps_per_epoch=8,
    epochs=5,
    validation_data=data,
    validation_steps=2,
    verbose=0,
    callbacks=[
        keras.callbacks.EarlyStopping(patience=2, restore_best_weights=True),
        keras.callbacks.ReduceLROnPlateau(patience=1, factor=0.5),
        keras.callbacks.TerminateOnNaN(),
        diary,
    ],
)
print("norms", diary.norms, "rate", float(model.optimizer.learning_rate))
