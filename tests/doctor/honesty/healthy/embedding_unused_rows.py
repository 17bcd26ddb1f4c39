"""Word embeddings: most rows are never looked up, some ReLU units never fire, and that is normal."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(4)
rng = np.random.default_rng(4)
VOCABULARY, LENGTH = 200, 6

documents = rng.integers(1, 40, size=(32, LENGTH))
documents[:, 4:] = 0  # padding
sentiment = (documents[:, 0] > 20).astype("float32")[:, None]

embedding = keras.layers.Embedding(VOCABULARY, 8, mask_zero=True)
encoder = keras.layers.Dense(16, activation="relu", bias_initializer=keras.initializers.Constant(-0.02))
head = keras.layers.Dense(1)


def average(vectors, mask):
    weights = tf.cast(mask, tf.float32)[:, :, None]
    return tf.reduce_sum(vectors * weights, axis=1) / tf.reduce_sum(weights, axis=1)


def forward(batch):
    vectors = embedding(batch)
    pooled = average(vectors, embedding.compute_mask(batch))
    return head(encoder(pooled))


forward(documents[:1])
variables = embedding.trainable_variables + encoder.trainable_variables + head.trainable_variables
optimizer = keras.optimizers.Adam(0.02)
loss_function = keras.losses.BinaryCrossentropy(from_logits=True)
seen_rows = set()
for epoch in range(3):
    for start in range(0, 32, 8):
        batch, target = documents[start : start + 8], sentiment[start : start + 8]
        with tf.GradientTape() as tape:
            loss = loss_function(target, forward(batch))
        gradients = tape.gradient(loss, variables)
        rows = tf.unique(tf.reshape(gradients[0].indices, [-1]))[0].numpy()
        seen_rows.update(int(row) for row in rows)
        clipped, norm = tf.clip_by_global_norm(gradients, 1.0)
        optimizer.apply_gradients(zip(clipped, variables))
    print(epoch, float(loss), float(norm), len(seen_rows), "rows of", VOCABULARY)
