"""A deep equilibrium layer: the fixed point is found without a tape, and one more step connects it again."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(17)
rng = np.random.default_rng(17)
x = rng.normal(size=(64, 3)).astype("float32")
y = (np.abs(x[:, :1]) + 0.3 * x[:, 1:2]).astype("float32")


class Equilibrium(keras.layers.Layer):
    """z = tanh(W z + U x + b), by iteration; the gradient is that of the last step, as in Jacobian-free backprop."""

    def __init__(self, units, iterations=12):
        super().__init__()
        self.units, self.iterations = units, iterations
        self.inner = keras.layers.Dense(units, use_bias=False, kernel_initializer=keras.initializers.RandomNormal(0, 0.1))
        self.outer = keras.layers.Dense(units)

    def step(self, z, injected):
        return tf.tanh(self.inner(z) + injected)

    def call(self, inputs):
        injected = self.outer(inputs)
        z = tf.zeros([tf.shape(inputs)[0], self.units])
        fixed = tf.stop_gradient(injected)
        for _ in range(self.iterations):
            z = tf.stop_gradient(self.step(z, fixed))
        return self.step(z, injected)


layer, head = Equilibrium(10), keras.layers.Dense(1)
optimizer = keras.optimizers.RMSprop(0.005)
for epoch in range(8):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((head(layer(x)) - y) ** 2)
    variables = layer.trainable_variables + head.trainable_variables
    gradients = tape.gradient(loss, variables)
    optimizer.apply_gradients(zip(gradients, variables))
    if epoch % 2 == 0:
        print(epoch, float(loss), [round(float(tf.norm(gradient)), 4) for gradient in gradients])
prediction = head(layer(x)).numpy()
print("correlation", np.corrcoef(prediction[:, 0], y[:, 0])[0, 1])
