"""Fine-tuning in two phases with fit: the head alone, then everything, recompiled in between."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(231)
rng = np.random.default_rng(231)
images = rng.normal(size=(40, 8, 8, 2)).astype("float32")
labels = (images[:, :4].mean(axis=(1, 2, 3)) > images[:, 4:].mean(axis=(1, 2, 3))).astype("float32")[:, None]

base = keras.Sequential(
    [
        keras.layers.Input((8, 8, 2)),
        keras.layers.Conv2D(4, 3, activation="relu", padding="same"),
        keras.layers.BatchNormalization(),
        keras.layers.MaxPooling2D(),
        keras.layers.Conv2D(6, 3, activation="relu", padding="same"),
        keras.layers.GlobalAveragePooling2D(),
    ],
    name="base",
)
base.trainable = False
inputs = keras.Input((8, 8, 2))
features = base(inputs, training=False)
outputs = keras.layers.Dense(1, activation="sigmoid")(keras.layers.Dropout(0.2)(features))
model = keras.Model(inputs, outputs)

model.compile(optimizer=keras.optimizers.Adam(1e-2), loss="binary_crossentropy", metrics=["accuracy"])
phase_one = model.fit(images, labels, epochs=2, batch_size=10, verbose=0)
print("head only", phase_one.history, len(model.trainable_weights), "trainable")

base.trainable = True
for layer in base.layers:
    if isinstance(layer, keras.layers.BatchNormalization):
        layer.trainable = False
model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="binary_crossentropy", metrics=["accuracy"])
phase_two = model.fit(images, labels, epochs=2, batch_size=10, verbose=0)
print("everything", phase_two.history, len(model.trainable_weights), "trainable")
print(model.evaluate(images, labels, verbose=0))
print("trainable", [weight.path for weight in model.trainable_weights])
