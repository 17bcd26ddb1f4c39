# culprit: optimizer.apply_gradients(zip(gradients, ordered))
# culprit: ordered = sorted(
# causes: grads_misaligned, swapped_variables
"""A network with square layers; the variables are sorted for logging before the update."""
import numpy as np
import tensorflow as tf

tf.keras.utils.set_random_seed(19)
rng = np.random.default_rng(19)
WIDTH = 6


def matrix(name, scale=0.4):
    return tf.Variable(tf.random.normal((WIDTH, WIDTH), stddev=scale), name=name)


class Mixer(tf.Module):
    def __init__(self):
        super().__init__()
        self.layers = [matrix("mix_c"), matrix("mix_a"), matrix("mix_b")]
        self.offset = tf.Variable(tf.zeros((WIDTH,)), name="offset")

    def __call__(self, x):
        for kernel in self.layers:
            x = tf.nn.tanh(x @ kernel)
        return x + self.offset


def report(variables):
    return {variable.name: round(float(tf.norm(variable)), 3) for variable in variables}


mixer = Mixer()
x = rng.normal(size=(48, WIDTH)).astype("float32")
y = np.tanh(x[:, ::-1]).astype("float32")
variables = [*mixer.layers, mixer.offset]
ordered = sorted(variables, key=lambda variable: variable.name)
optimizer = tf.keras.optimizers.Adam(0.01)

for epoch in range(4):
    for start in range(0, 48, 16):
        with tf.GradientTape() as tape:
            prediction = mixer(x[start : start + 16])
            loss = tf.reduce_mean((prediction - y[start : start + 16]) ** 2)
        gradients = tape.gradient(loss, variables)
        gradients, norm = tf.clip_by_global_norm(gradients, 5.0)
        optimizer.apply_gradients(zip(gradients, ordered))
    print(epoch, float(loss), float(norm), report(ordered))
