# culprit: levels = tf.round(code * 4.0) / 4.0
# causes: nondifferentiable_op, missing_custom_gradient
"""A compression autoencoder whose code is rounded to a few levels before decoding."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(4)
rng = np.random.default_rng(4)
basis = rng.normal(size=(3, 12))
data = np.tanh(rng.normal(size=(80, 3)) @ basis).astype("float32")


class Compressor(keras.Model):
    def __init__(self, width=3):
        super().__init__()
        self.encode_hidden = keras.layers.Dense(16, activation="relu")
        self.encode_out = keras.layers.Dense(width, activation="tanh")
        self.decode_hidden = keras.layers.Dense(16, activation="relu")
        self.decode_out = keras.layers.Dense(12)

    def quantise(self, code):
        levels = tf.round(code * 4.0) / 4.0
        return levels

    def call(self, x, training=False):
        code = self.encode_out(self.encode_hidden(x))
        return self.decode_out(self.decode_hidden(self.quantise(code)))


model = Compressor()
optimizer = keras.optimizers.Adam(0.005)


@tf.function
def train_step(batch):
    with tf.GradientTape() as tape:
        rebuilt = model(batch, training=True)
        loss = tf.reduce_mean(tf.square(rebuilt - batch))
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    return loss


dataset = tf.data.Dataset.from_tensor_slices(data).batch(20)
for epoch in range(4):
    epoch_loss = [float(train_step(batch)) for batch in dataset]
    print(epoch, sum(epoch_loss) / len(epoch_loss))
