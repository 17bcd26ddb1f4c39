# culprit: with tf.GradientTape() as tape:
# causes: not_watched
"""A saliency map for a trained classifier; the input is a plain tensor."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(6)
rng = np.random.default_rng(6)
x_train = rng.normal(size=(80, 12)).astype("float32")
y_train = (x_train[:, 3] + x_train[:, 7] > 0).astype("float32")[:, None]

model = keras.Sequential(
    [
        keras.layers.Input((12,)),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(1),
    ]
)
model.compile(
    optimizer=keras.optimizers.Adam(0.01),
    loss=keras.losses.BinaryCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
history = model.fit(x_train, y_train, epochs=3, batch_size=20, verbose=0)
print("trained", history.history["accuracy"][-1])


def normalise(values):
    values = np.abs(values)
    return values / (values.max() + 1e-9)


def saliency(sample):
    image = tf.convert_to_tensor(sample[None, :])
    with tf.GradientTape() as tape:
        score = model(image, training=False)[0, 0]
    gradient = tape.gradient(score, image)
    return normalise(gradient[0].numpy())


for index in range(2):
    importance = saliency(x_train[index])
    print("most important feature of sample", index, "is", int(importance.argmax()))
