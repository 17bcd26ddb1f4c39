"""A vector-quantised autoencoder: nearest codebook entry by argmin, straight-through gradient, commitment loss."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(2)
rng = np.random.default_rng(2)
CODES, WIDTH, BETA = 8, 4, 0.25


class Quantizer(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.codebook = self.add_weight(shape=(CODES, WIDTH), initializer="random_uniform", name="codebook")

    def call(self, z):
        distances = (
            tf.reduce_sum(z**2, axis=1, keepdims=True)
            - 2 * tf.matmul(z, self.codebook, transpose_b=True)
            + tf.reduce_sum(tf.convert_to_tensor(self.codebook) ** 2, axis=1)
        )
        indices = tf.argmin(distances, axis=1)
        quantized = tf.gather(self.codebook, indices)
        commitment = BETA * tf.reduce_mean((tf.stop_gradient(quantized) - z) ** 2)
        codebook = tf.reduce_mean((quantized - tf.stop_gradient(z)) ** 2)
        self.add_loss(commitment + codebook)
        return z + tf.stop_gradient(quantized - z)


class AutoEncoder(keras.Model):
    def __init__(self):
        super().__init__()
        self.encoder = keras.Sequential([keras.layers.Dense(16, activation="relu"), keras.layers.Dense(WIDTH)])
        self.quantizer = Quantizer()
        self.decoder = keras.Sequential([keras.layers.Dense(16, activation="relu"), keras.layers.Dense(6)])

    def call(self, x):
        return self.decoder(self.quantizer(self.encoder(x)))


model = AutoEncoder()
optimizer = keras.optimizers.Adam(1e-2)
data = rng.normal(size=(64, 6)).astype("float32")
for step in range(6):
    with tf.GradientTape() as tape:
        reconstruction = model(data)
        loss = tf.reduce_mean((reconstruction - data) ** 2) + sum(model.losses)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    print(step, float(loss))
