# culprit: features_of_output = extractor.predict(
# causes: predict_in_tape, detached_numpy
"""An image denoiser with a perceptual loss; the feature extractor is called the way one calls a finished model."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(2)
rng = np.random.default_rng(2)
clean = rng.uniform(size=(12, 8, 8, 1)).astype("float32")
noisy = (clean + 0.2 * rng.normal(size=clean.shape)).astype("float32")

denoiser = keras.Sequential(
    [
        keras.layers.Input((8, 8, 1)),
        keras.layers.Conv2D(6, 3, padding="same", activation="relu"),
        keras.layers.Conv2D(1, 3, padding="same"),
    ]
)
extractor = keras.Sequential(
    [
        keras.layers.Input((8, 8, 1)),
        keras.layers.Conv2D(4, 3, activation="relu"),
        keras.layers.GlobalAveragePooling2D(),
    ]
)
extractor.trainable = False
optimizer = keras.optimizers.Adam(0.01)


def perceptual_loss(output, reference):
    features_of_output = extractor.predict(output, verbose=0)
    features_of_reference = extractor.predict(reference, verbose=0)
    return tf.reduce_mean(tf.square(features_of_output - features_of_reference))


for epoch in range(2):
    for start in range(0, 12, 6):
        batch, reference = noisy[start : start + 6], clean[start : start + 6]
        with tf.GradientTape() as tape:
            output = denoiser(batch, training=True)
            loss = perceptual_loss(output, reference)
        gradients = tape.gradient(loss, denoiser.trainable_variables)
        print("loss", float(loss), [g is None for g in gradients])
        applied = [(g, v) for g, v in zip(gradients, denoiser.trainable_variables) if g is not None]
        if applied:
            optimizer.apply_gradients(applied)
