"""A tiny transformer trained with fit: attention masks with -1e9, padding, label smoothing, a warm-up schedule."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(306)
rng = np.random.default_rng(306)
VOCABULARY, LENGTH, WIDTH = 30, 8, 16


class Attention(keras.layers.Layer):
    def __init__(self, width):
        super().__init__()
        self.query, self.key, self.value = (keras.layers.Dense(width) for _ in range(3))
        self.width = width

    def call(self, x, padding):
        scores = tf.matmul(self.query(x), self.key(x), transpose_b=True) / self.width**0.5
        causal = 1.0 - tf.linalg.band_part(tf.ones((LENGTH, LENGTH)), -1, 0)
        scores += -1e9 * (causal[None] + padding[:, None, :])
        return tf.matmul(tf.nn.softmax(scores), self.value(x))


class Transformer(keras.Model):
    def __init__(self):
        super().__init__()
        self.embed = keras.layers.Embedding(VOCABULARY, WIDTH)
        self.position = keras.layers.Embedding(LENGTH, WIDTH)
        self.attention = Attention(WIDTH)
        self.norm = keras.layers.LayerNormalization()
        self.feed = keras.Sequential([keras.layers.Dense(32, activation="gelu"), keras.layers.Dense(WIDTH)])
        self.dropout = keras.layers.Dropout(0.1)
        self.out = keras.layers.Dense(VOCABULARY)

    def call(self, tokens, training=False):
        padding = tf.cast(tokens == 0, tf.float32)
        x = self.embed(tokens) + self.position(tf.range(LENGTH))
        x = self.norm(x + self.attention(x, padding))
        return self.out(x + self.dropout(self.feed(x), training=training))


tokens = rng.integers(1, VOCABULARY, size=(48, LENGTH + 1))
tokens[:, -2:] = 0
weights = (tokens[:, 1:] != 0).astype("float32")
model = Transformer()
schedule = keras.optimizers.schedules.CosineDecay(0.0, 20, warmup_target=3e-3, warmup_steps=4)
model.compile(keras.optimizers.Adam(schedule), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
history = model.fit(tokens[:, :-1], tokens[:, 1:], sample_weight=weights, epochs=2, batch_size=12, verbose=0)
print(history.history["loss"], np.argmax(model.predict(tokens[:2, :-1], verbose=0), axis=-1)[0])
