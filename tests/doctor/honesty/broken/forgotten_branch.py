# culprit: return self.head(shallow)
# culprit: deep = self.deep_2(self.deep_1(x))
# causes: unused_variable
"""Wide and deep: the deep branch is computed, and left out of the sum by mistake."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(30)
rng = np.random.default_rng(30)


class WideAndDeep(keras.Model):
    def __init__(self):
        super().__init__()
        self.wide = keras.layers.Dense(6)
        self.deep_1 = keras.layers.Dense(12, activation="relu")
        self.deep_2 = keras.layers.Dense(6, activation="relu")
        self.head = keras.layers.Dense(1)

    def call(self, x, training=False):
        shallow = self.wide(x)
        deep = self.deep_2(self.deep_1(x))
        return self.head(shallow)


def click_rate(features):
    score = features[:, 0] * features[:, 1] + 0.5 * features[:, 2]
    return (1 / (1 + np.exp(-score)))[:, None].astype("float32")


features = rng.normal(size=(80, 5)).astype("float32")
rates = click_rate(features)
model = WideAndDeep()
model(features[:1])
optimizer = keras.optimizers.Adam(0.01)
loss_function = keras.losses.BinaryCrossentropy(from_logits=True)
for epoch in range(3):
    for start in range(0, 80, 20):
        with tf.GradientTape() as tape:
            logits = model(features[start : start + 20], training=True)
            loss = loss_function(rates[start : start + 20], logits)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    print(epoch, float(loss), sum(g is None for g in gradients), "variables without a gradient")
