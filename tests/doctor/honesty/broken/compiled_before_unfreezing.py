# culprit: base.trainable = True
# causes: untrainable, tf_function_constant_capture
"""Fine-tuning in two phases; the model is not compiled again after the base is unfrozen."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(408)
rng = np.random.default_rng(408)
x = rng.normal(size=(60, 8)).astype("float32")
y = (np.tanh(x[:, :1]) + x[:, 1:2] * x[:, 2:3]).astype("float32")

base = keras.Sequential(
    [
        keras.layers.Input((8,)),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(8, activation="relu"),
    ],
    name="base",
)
source_task = keras.Sequential([base, keras.layers.Dense(3, activation="softmax")])
source_task.compile("adam", "sparse_categorical_crossentropy")
source_task.fit(x, rng.integers(0, 3, size=60), epochs=1, verbose=0)

base.trainable = False
model = keras.Sequential([base, keras.layers.Dense(1)])
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse")
first = model.fit(x, y, epochs=2, batch_size=20, verbose=0)
print("head", first.history["loss"])

before = [weight.copy() for weight in base.get_weights()]
base.trainable = True
second = model.fit(x, y, epochs=2, batch_size=20, verbose=0)
moved = [float(np.abs(a - b).max()) for a, b in zip(before, base.get_weights())]
print("everything", second.history["loss"], "moved", moved)
residual = y - model.predict(x, verbose=0)
print("residual", float(np.std(residual)), tf.__version__)
for layer in base.layers:
    print(layer.name, layer.trainable, [weight.path for weight in layer.trainable_weights])
print("trainable now", len(model.trainable_weights))
