"""Wide and deep: sparse rows with one optimizer, dense layers with another; unused rows have no gradient, as they should."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(19)
rng = np.random.default_rng(19)
wide = tf.Variable(tf.zeros([200, 1]), name="wide")
table = tf.Variable(tf.random.normal([200, 6], stddev=0.05), name="table")
deep = keras.Sequential([keras.layers.Input((6,)), keras.layers.Dense(12, "relu"), keras.layers.Dense(1)])
ftrl = keras.optimizers.Ftrl(0.1, l1_regularization_strength=0.001)
lazy = keras.optimizers.Adagrad(0.1)
adam = keras.optimizers.Adam(0.005)


def batch(size=64):
    items = rng.zipf(1.7, size=(size, 4)) % 200
    clicked = (items[:, 0] % 3 == 0).astype("float32")
    return items, clicked[:, None]


def logits(items):
    linear = tf.reduce_sum(tf.gather(wide, items), axis=1)
    pooled = tf.reduce_mean(tf.nn.embedding_lookup(table, items), axis=1)
    return linear + deep(pooled)


seen = set()
for step in range(10):
    items, clicked = batch()
    seen |= set(items.ravel().tolist())
    with tf.GradientTape() as tape:
        losses = tf.nn.sigmoid_cross_entropy_with_logits(clicked, logits(items))
        loss = tf.reduce_mean(losses)
    groups = [[wide], [table], deep.trainable_variables]
    gradients = tape.gradient(loss, groups)
    for optimizer, own, group in zip((ftrl, lazy, adam), gradients, groups):
        optimizer.apply_gradients(zip(own, group))
    hardest = items[int(tf.argmax(losses[:, 0]))]
    if step % 3 == 0:
        print(step, float(loss), "hardest", hardest.tolist())

still = [row for row in range(200) if row not in seen]
print(len(seen), "rows seen; the others stay:", float(tf.reduce_max(tf.abs(tf.gather(wide, still)))))
