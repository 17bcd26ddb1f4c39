# culprit: picture = np.clip(image, 0.0, 1.0)
# causes: detached_numpy
"""Style transfer on a small image variable; the picture is clipped in NumPy before the features are taken."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(404)
rng = np.random.default_rng(404)
extractor = keras.Sequential(
    [
        keras.layers.Input((12, 12, 3)),
        keras.layers.Conv2D(6, 3, activation="relu"),
        keras.layers.Conv2D(8, 3, activation="relu"),
    ]
)
extractor.trainable = False
content = rng.uniform(size=(1, 12, 12, 3)).astype("float32")
style = rng.uniform(size=(1, 12, 12, 3)).astype("float32")


def gram(features):
    flat = tf.reshape(features, (-1, features.shape[-1]))
    return tf.matmul(flat, flat, transpose_a=True) / tf.cast(tf.shape(flat)[0], tf.float32)


style_gram = gram(extractor(style))
content_features = extractor(content)
image = tf.Variable(content + 0.05 * rng.normal(size=content.shape).astype("float32"), name="image")
optimizer = keras.optimizers.Adam(0.02)


def total_loss():
    picture = np.clip(image, 0.0, 1.0)
    features = extractor(picture)
    style_loss = tf.reduce_mean((gram(features) - style_gram) ** 2)
    content_loss = tf.reduce_mean((features - content_features) ** 2)
    variation = tf.reduce_mean(tf.abs(picture[:, 1:] - picture[:, :-1]))
    return style_loss + 0.1 * content_loss + 0.01 * variation


for step in range(4):
    with tf.GradientTape() as tape:
        loss = total_loss()
    gradient = tape.gradient(loss, image)
    print(step, float(loss), gradient is None)
    if gradient is not None:
        optimizer.apply_gradients([(gradient, image)])
