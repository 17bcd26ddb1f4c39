"""A loss with a removable singularity, guarded with the double-where trick, and a hinge that is often inactive."""
import numpy as np
import tensorflow as tf

tf.keras.utils.set_random_seed(9)
rng = np.random.default_rng(9)
points = rng.normal(size=(40, 3)).astype("float32")
points[0] = 0.0
margin_labels = np.sign(points[:, :1] + 0.2).astype("float32")
weights = tf.Variable(tf.random.normal((3, 1)))
scale = tf.Variable(1.0)


def sinc(x):
    """sin(x)/x with a finite value and derivative at zero."""
    near = tf.abs(x) < 1e-4
    safe = tf.where(near, tf.ones_like(x), x)
    return tf.where(near, 1.0 - x * x / 6.0, tf.sin(safe) / safe)


def safe_norm(x):
    squares = tf.reduce_sum(x * x, axis=1, keepdims=True)
    zero = squares < 1e-12
    return tf.where(zero, tf.zeros_like(squares), tf.sqrt(tf.where(zero, tf.ones_like(squares), squares)))


def hinge(labels, scores):
    return tf.reduce_mean(tf.maximum(0.0, 1.0 - labels * scores))


optimizer = tf.keras.optimizers.SGD(0.05)
for step in range(20):
    with tf.GradientTape() as tape:
        scores = points @ weights
        wave = sinc(scale * scores)
        lengths = safe_norm(points * tf.transpose(weights))
        clipped = tf.clip_by_value(scores, -2.0, 2.0)
        loss = hinge(margin_labels, clipped) + 0.1 * tf.reduce_mean(wave) + 0.01 * tf.reduce_mean(lengths)
    gradients = tape.gradient(loss, [weights, scale])
    for gradient in gradients:
        tf.debugging.assert_all_finite(gradient, "a gradient is not finite")
    optimizer.apply_gradients(zip(gradients, [weights, scale]))
    if step % 5 == 0:
        active = np.mean((1.0 - margin_labels * scores.numpy()) > 0)
        print(step, float(loss), "active hinges", active)
