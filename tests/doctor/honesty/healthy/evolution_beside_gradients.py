"""Half of the parameters are evolved without gradients, the other half trained with them, in one loop."""
import numpy as np
import tensorflow as tf

tf.random.set_seed(14)
rng = np.random.default_rng(14)
x = np.linspace(-2, 2, 80, dtype="float32")[:, None]
y = np.sin(3 * x) * np.exp(-(x**2))

frequency = tf.Variable(rng.uniform(0.5, 4.0, size=(1, 16)).astype("float32"), trainable=False, name="frequency")
phase = tf.Variable(rng.uniform(0, 6.28, size=(16,)).astype("float32"), trainable=False, name="phase")
weights = tf.Variable(tf.random.normal([16, 1], stddev=0.1), name="weights")
bias = tf.Variable(tf.zeros([1]), name="bias")


def predict(frequency, phase):
    features = tf.cos(tf.matmul(x, frequency) + phase)
    return tf.matmul(features, weights) + bias


def loss_of(frequency, phase):
    return tf.reduce_mean((predict(frequency, phase) - y) ** 2)


optimizer = tf.keras.optimizers.Adam(0.03)
trained = [weights, bias]
for generation in range(6):
    for _ in range(5):
        with tf.GradientTape() as tape:
            loss = loss_of(frequency, phase)
        optimizer.apply_gradients(zip(tape.gradient(loss, trained), trained))

    # Evolution: no tape here, candidates are compared by their losses alone.
    best, champion = float(loss), None
    for _ in range(4):
        candidate = frequency + 0.1 * tf.random.normal(frequency.shape)
        shifted = phase + 0.1 * tf.random.normal(phase.shape)
        value = float(loss_of(candidate, shifted))
        if value < best:
            best, champion = value, (candidate, shifted)
    if champion is not None:
        frequency.assign(champion[0])
        phase.assign(champion[1])
    print(generation, float(loss), "after evolution", best)
