# culprit: activations = feature_model(batch)
# culprit: scores = classifier(batch)
# causes: wrong_target, unused_variable, not_watched
"""Grad-CAM where features and scores come from two separate forward passes."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(402)
rng = np.random.default_rng(402)
images = rng.normal(size=(20, 10, 10, 1)).astype("float32")
labels = (images[:, :5].mean(axis=(1, 2, 3)) > 0).astype("int64")

inputs = keras.Input((10, 10, 1))
x = keras.layers.Conv2D(4, 3, activation="relu", name="conv_1")(inputs)
features = keras.layers.Conv2D(8, 3, activation="relu", name="conv_2")(x)
pooled = keras.layers.GlobalAveragePooling2D()(features)
outputs = keras.layers.Dense(2, name="scores")(pooled)
classifier = keras.Model(inputs, outputs)
feature_model = keras.Model(inputs, features)
classifier.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
classifier.fit(images, labels, epochs=1, batch_size=10, verbose=0)


def heatmap(image, class_index):
    batch = tf.convert_to_tensor(image[None])
    with tf.GradientTape() as tape:
        activations = feature_model(batch)
        scores = classifier(batch)
        score = scores[:, class_index]
    slopes = tape.gradient(score, activations)
    if slopes is None:
        print("no gradient, using plain activations")
        slopes = tf.ones_like(activations)
    importance = tf.reduce_mean(slopes, axis=(1, 2), keepdims=True)
    return tf.nn.relu(tf.reduce_sum(importance * activations, axis=-1))[0].numpy()


for index in range(3):
    chart = heatmap(images[index], int(labels[index]))
    print(index, chart.shape, chart.max())
