"""Explaining a trained classifier: saliency, integrated gradients and Grad-CAM, all with respect to computed tensors."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(21)
rng = np.random.default_rng(21)
images = rng.normal(size=(24, 8, 8, 1)).astype("float32")
labels = (images.mean(axis=(1, 2, 3)) > 0).astype("int64")

model = keras.Sequential(
    [
        keras.layers.Input((8, 8, 1)),
        keras.layers.Conv2D(4, 3, activation="relu", name="conv"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(2),
    ]
)
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(images, labels, epochs=2, batch_size=8, verbose=0)


def saliency(image, label):
    x = tf.convert_to_tensor(image[None])
    with tf.GradientTape() as tape:
        tape.watch(x)
        score = model(x)[0, label]
    return tf.abs(tape.gradient(score, x))[0].numpy()


def integrated_gradients(image, label, steps=8):
    baseline = tf.zeros_like(image)
    alphas = tf.reshape(tf.linspace(0.0, 1.0, steps), (-1, 1, 1, 1))
    path = baseline[None] + alphas * (image - baseline)[None]
    with tf.GradientTape() as tape:
        tape.watch(path)
        scores = model(path)[:, label]
    gradients = tape.gradient(scores, path)
    return ((image - baseline) * tf.reduce_mean(gradients, axis=0)).numpy()


def grad_cam(image, label):
    inner = keras.Model(model.inputs, [model.get_layer("conv").output, model.outputs[0]])
    with tf.GradientTape() as tape:
        activations, scores = inner(image[None])
        score = scores[:, label]
    weights = tf.reduce_mean(tape.gradient(score, activations), axis=(1, 2))
    return tf.nn.relu(tf.einsum("bhwc,bc->bhw", activations, weights)).numpy()


for index in range(3):
    maps = [f(images[index], int(labels[index])) for f in (saliency, integrated_gradients, grad_cam)]
    print(index, [part.shape for part in maps], [float(part.max()) for part in maps])
