"""A batch normalisation layer written by hand: batch statistics while training, moving ones for inference."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(316)
rng = np.random.default_rng(316)


class BatchNorm(keras.layers.Layer):
    def __init__(self, momentum=0.9, epsilon=1e-3):
        super().__init__()
        self.momentum, self.epsilon = momentum, epsilon

    def build(self, shape):
        width = (shape[-1],)
        self.gamma = self.add_weight(shape=width, initializer="ones", name="gamma")
        self.beta = self.add_weight(shape=width, initializer="zeros", name="beta")
        self.moving_mean = self.add_weight(shape=width, initializer="zeros", trainable=False, name="moving_mean")
        self.moving_var = self.add_weight(shape=width, initializer="ones", trainable=False, name="moving_var")

    def call(self, x, training=False):
        if training:
            mean, variance = tf.nn.moments(x, axes=[0])
            self.moving_mean.assign(self.momentum * self.moving_mean + (1 - self.momentum) * mean)
            self.moving_var.assign(self.momentum * self.moving_var + (1 - self.momentum) * variance)
        else:
            mean, variance = self.moving_mean, self.moving_var
        return self.gamma * (x - mean) * tf.math.rsqrt(variance + self.epsilon) + self.beta


model_layers = [keras.layers.Dense(12), BatchNorm(), keras.layers.Activation("relu"), keras.layers.Dense(1)]
x = (5 * rng.normal(size=(64, 4)) + 3).astype("float32")
y = (x[:, :1] > x[:, 1:2]).astype("float32")


def forward(batch, training):
    for layer in model_layers:
        batch = layer(batch, training=training) if isinstance(layer, BatchNorm) else layer(batch)
    return batch


forward(x[:2], False)
weights = [v for layer in model_layers for v in layer.trainable_variables]
optimizer = keras.optimizers.Adam(0.02)
bce = keras.losses.BinaryCrossentropy(from_logits=True)
for epoch in range(3):
    for start in range(0, 64, 16):
        with tf.GradientTape() as tape:
            loss = bce(y[start : start + 16], forward(x[start : start + 16], True))
        optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
    test = bce(y, forward(x, False))
    print(epoch, float(loss), float(test), model_layers[1].moving_mean.numpy()[:2])
