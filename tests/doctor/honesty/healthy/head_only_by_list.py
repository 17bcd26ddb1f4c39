"""Feature extraction: only the head's variables are asked for; the backbone is trainable by flag and left alone."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(308)
rng = np.random.default_rng(308)

backbone = keras.Sequential(
    [
        keras.layers.Input((8, 8, 1)),
        keras.layers.Conv2D(4, 3, activation="relu"),
        keras.layers.Conv2D(6, 3, activation="relu"),
        keras.layers.GlobalAveragePooling2D(),
    ],
    name="backbone",
)
head = keras.Sequential([keras.layers.Input((6,)), keras.layers.Dense(3)], name="head")
images = rng.normal(size=(36, 8, 8, 1)).astype("float32")
labels = rng.integers(0, 3, size=36)
images += labels[:, None, None, None] * 0.5

# the backbone is "pretrained": its weights come from a self-supervised task
pretext = keras.Sequential([backbone, keras.layers.Dense(1)])
pretext.compile("adam", "mse")
pretext.fit(images, images.mean(axis=(1, 2, 3)), epochs=1, verbose=0)

optimizer = keras.optimizers.Adam(0.02)
loss_function = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
accuracy = keras.metrics.SparseCategoricalAccuracy()


def evaluate():
    accuracy.reset_state()
    accuracy.update_state(labels, head(backbone(images)))
    return float(accuracy.result())


for epoch in range(3):
    for start in range(0, 36, 12):
        x, y = images[start : start + 12], labels[start : start + 12]
        with tf.GradientTape() as tape:
            loss = loss_function(y, head(backbone(x, training=False), training=True))
        gradients = tape.gradient(loss, head.trainable_variables)
        optimizer.apply_gradients(zip(gradients, head.trainable_variables))
    print(epoch, float(loss), evaluate())
