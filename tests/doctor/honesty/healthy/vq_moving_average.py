"""A quantiser whose codebook follows a moving average of the encodings, updated inside the tape, without gradient."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(302)
rng = np.random.default_rng(302)
CODES, WIDTH = 6, 3


class MovingCodebook(keras.layers.Layer):
    def __init__(self, decay=0.9):
        super().__init__()
        self.decay = decay
        self.codes = self.add_weight(shape=(CODES, WIDTH), initializer="random_normal", trainable=False, name="codes")
        self.counts = self.add_weight(shape=(CODES,), initializer="ones", trainable=False, name="counts")

    def call(self, z, training=False):
        codes = tf.convert_to_tensor(self.codes)
        distances = tf.reduce_sum((z[:, None, :] - codes[None]) ** 2, axis=-1)
        nearest = tf.argmin(distances, axis=1)
        quantized = tf.gather(codes, nearest)
        if training:
            hits = tf.one_hot(nearest, CODES)
            sums = tf.matmul(hits, z, transpose_a=True)
            self.counts.assign(self.decay * self.counts + (1 - self.decay) * tf.reduce_sum(hits, axis=0))
            fresh = sums / tf.maximum(tf.reduce_sum(hits, axis=0), 1.0)[:, None]
            used = tf.reduce_sum(hits, axis=0)[:, None] > 0
            self.codes.assign(tf.where(used, self.decay * codes + (1 - self.decay) * fresh, codes))
        self.add_loss(0.25 * tf.reduce_mean((tf.stop_gradient(quantized) - z) ** 2))
        return z + tf.stop_gradient(quantized - z)


encoder = keras.Sequential([keras.layers.Input((5,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(WIDTH)])
decoder = keras.Sequential([keras.layers.Input((WIDTH,)), keras.layers.Dense(5)])
book = MovingCodebook()
optimizer = keras.optimizers.Adam(0.01)
data = rng.normal(size=(48, 5)).astype("float32")
weights = encoder.trainable_variables + decoder.trainable_variables
for step in range(6):
    with tf.GradientTape() as tape:
        rebuilt = decoder(book(encoder(data), training=True))
        loss = tf.reduce_mean((rebuilt - data) ** 2) + tf.add_n(book.losses)
    optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
    print(step, float(loss), book.counts.numpy().round(2))
