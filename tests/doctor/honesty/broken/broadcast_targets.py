# culprit: squared = tf.square(predictions - targets)
# causes: broadcast
"""House prices: the labels are a flat vector, the predictions a column."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(18)
rng = np.random.default_rng(18)


def load_houses(count=96):
    area = rng.uniform(40, 200, size=count)
    rooms = rng.integers(1, 7, size=count)
    age = rng.uniform(0, 80, size=count)
    price = 2.5 * area + 15 * rooms - 0.8 * age + rng.normal(scale=10, size=count)
    features = np.stack([area, rooms, age], axis=1)
    features = (features - features.mean(axis=0)) / features.std(axis=0)
    return features.astype("float32"), ((price - price.mean()) / price.std()).astype("float32")


def squared_error(targets, predictions):
    squared = tf.square(predictions - targets)
    return tf.reduce_mean(squared)


features, prices = load_houses()
model = keras.Sequential(
    [
        keras.layers.Input((3,)),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(1),
    ]
)
optimizer = keras.optimizers.Adam(0.01)
for epoch in range(5):
    order = rng.permutation(96)
    for start in range(0, 96, 32):
        rows = order[start : start + 32]
        with tf.GradientTape() as tape:
            loss = squared_error(prices[rows], model(features[rows], training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    spread = float(np.std(model.predict(features, verbose=0)))
    print(epoch, "loss", float(loss), "spread of the predictions", spread)
