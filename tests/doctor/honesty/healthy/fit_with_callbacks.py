"""model.fit with validation, early stopping, a learning-rate schedule, checkpoints in memory and a logging callback."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(91)
rng = np.random.default_rng(91)
x = rng.normal(size=(120, 7)).astype("float32")
y = (np.sin(x[:, :1]) + 0.3 * x[:, 1:2] ** 2).astype("float32")
x_train, y_train, x_val, y_val = x[:96], y[:96], x[96:], y[96:]


class Monitor(keras.callbacks.Callback):
    def __init__(self, data):
        super().__init__()
        self.data, self.best, self.snapshots = data, np.inf, []

    def on_epoch_end(self, epoch, logs=None):
        prediction = self.model.predict(self.data, verbose=0)
        norms = [float(np.linalg.norm(w.numpy())) for w in self.model.trainable_weights]
        if logs["val_loss"] < self.best:
            self.best = logs["val_loss"]
            self.snapshots.append(self.model.get_weights())
        print(epoch, logs["loss"], logs["val_loss"], prediction.std(), max(norms))


def schedule(epoch, rate):
    return rate if epoch < 2 else rate * 0.7


model = keras.Sequential(
    [
        keras.layers.Input((7,)),
        keras.layers.BatchNormalization(),
        keras.layers.Dense(24, activation="relu", kernel_regularizer=keras.regularizers.L2(1e-4)),
        keras.layers.Dropout(0.1),
        keras.layers.Dense(1),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse", metrics=["mae"])
monitor = Monitor(x_val)
callbacks = [
    monitor,
    keras.callbacks.EarlyStopping(patience=2, restore_best_weights=True),
    keras.callbacks.LearningRateScheduler(schedule),
    keras.callbacks.TerminateOnNaN(),
]
history = model.fit(
    x_train, y_train, validation_data=(x_val, y_val), epochs=4, batch_size=32, verbose=0, callbacks=callbacks
)
print(history.history["loss"], model.evaluate(x_val, y_val, verbose=0), len(monitor.snapshots))
