# culprit: cutoff = tf.Variable(12, name="cutoff")
# causes: integer_dtype
"""Fitting a filter: one of the parameters was written without a decimal point."""
import numpy as np
import tensorflow as tf

tf.keras.utils.set_random_seed(407)
rng = np.random.default_rng(407)
time = np.linspace(0, 1, 64).astype("float32")
signal = np.sin(2 * np.pi * 5 * time) + 0.3 * np.sin(2 * np.pi * 40 * time)
frequencies = np.fft.rfftfreq(64, d=1 / 64).astype("float32")
spectrum = np.abs(np.fft.rfft(signal)).astype("float32")
wanted = spectrum * (frequencies < 10)

gain = tf.Variable(1.0, name="gain")
cutoff = tf.Variable(12, name="cutoff")
steepness = tf.Variable(0.5, name="steepness")
parameters = [gain, cutoff, steepness]


def low_pass():
    position = tf.cast(cutoff, tf.float32)
    return gain * tf.sigmoid(steepness * (position - frequencies))


def error():
    filtered = spectrum * low_pass()
    return tf.reduce_mean((filtered - wanted) ** 2)


optimizer = tf.keras.optimizers.Adam(0.1)
history = []
for step in range(10):
    with tf.GradientTape() as tape:
        loss = error()
    gradients = tape.gradient(loss, parameters)
    usable = [(g, p) for g, p in zip(gradients, parameters) if g is not None]
    optimizer.apply_gradients(usable)
    history.append(loss.numpy())
    if step % 5 == 0:
        print(step, history[-1], {p.name: p.numpy() for p in parameters}, len(usable))
