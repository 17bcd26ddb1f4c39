"""Matching a distribution: a soft histogram by broadcasting samples (N, 1) with bin centres (K,), on purpose."""
import numpy as np
import tensorflow as tf

tf.keras.utils.set_random_seed(51)
rng = np.random.default_rng(51)
SAMPLES, BINS, WIDTH = 64, 20, 0.3
centres = tf.linspace(-3.0, 3.0, BINS)
reference = rng.normal(loc=0.8, scale=0.6, size=(SAMPLES, 1)).astype("float32")

shift = tf.Variable(0.0, name="shift")
log_scale = tf.Variable(0.0, name="log_scale")
slope = tf.Variable([0.1], name="slope")


def soft_histogram(values):
    """(N, 1) against (K,) gives (N, K): each sample's membership in each bin."""
    memberships = tf.exp(-0.5 * ((values - centres) / WIDTH) ** 2)
    counts = tf.reduce_sum(memberships, axis=0)
    return counts / tf.reduce_sum(counts)


def quantile_loss(values, levels=(0.1, 0.5, 0.9)):
    quantiles = tf.constant(np.quantile(reference, levels), tf.float32)
    errors = values - quantiles
    weights = tf.constant(levels, tf.float32)
    return tf.reduce_mean(tf.maximum(weights * errors, (weights - 1.0) * errors))


target_histogram = soft_histogram(reference)
optimizer = tf.keras.optimizers.Adam(0.05)
variables = [shift, log_scale, slope]
for step in range(25):
    noise = tf.random.normal((SAMPLES, 1))
    with tf.GradientTape() as tape:
        values = shift + tf.exp(log_scale) * noise + slope * tf.sin(noise)
        difference = soft_histogram(values) - target_histogram
        loss = tf.reduce_sum(difference**2) + 0.01 * quantile_loss(values)
    gradients = tape.gradient(loss, variables)
    optimizer.apply_gradients(zip(gradients, variables))
    if step % 8 == 0:
        print(step, float(loss), shift.numpy(), np.exp(log_scale.numpy()))
edges = np.linspace(-3, 3, BINS + 1)
print(np.histogram(values.numpy(), edges)[0])
