"""Model-agnostic meta-learning with functional inner updates: second-order gradients through computed weights."""
import numpy as np
import tensorflow as tf

tf.keras.utils.set_random_seed(141)
rng = np.random.default_rng(141)
INNER_RATE, TASKS = 0.05, 3

parameters = [
    tf.Variable(tf.random.normal((1, 10), stddev=0.5), name="w1"),
    tf.Variable(tf.zeros((10,)), name="b1"),
    tf.Variable(tf.random.normal((10, 1), stddev=0.5), name="w2"),
    tf.Variable(tf.zeros((1,)), name="b2"),
]
optimizer = tf.keras.optimizers.Adam(0.01)


def network(x, weights):
    w1, b1, w2, b2 = weights
    return tf.tanh(x @ w1 + b1) @ w2 + b2


def sample_task():
    amplitude, phase = rng.uniform(0.5, 2.0), rng.uniform(0, np.pi)

    def draw(count):
        x = rng.uniform(-3, 3, size=(count, 1)).astype("float32")
        return x, (amplitude * np.sin(x + phase)).astype("float32")

    return draw


def adapt(weights, x, y):
    with tf.GradientTape() as inner:
        inner.watch(weights)
        loss = tf.reduce_mean((network(x, weights) - y) ** 2)
    gradients = inner.gradient(loss, weights)
    return [weight - INNER_RATE * gradient for weight, gradient in zip(weights, gradients)]


for iteration in range(5):
    with tf.GradientTape() as outer:
        meta_loss = 0.0
        for _ in range(TASKS):
            draw = sample_task()
            fast = adapt([tf.convert_to_tensor(p) for p in parameters], *draw(8))
            x, y = draw(8)
            meta_loss += tf.reduce_mean((network(x, fast) - y) ** 2)
        meta_loss /= TASKS
    gradients = outer.gradient(meta_loss, parameters)
    optimizer.apply_gradients(zip(gradients, parameters))
    print(iteration, float(meta_loss))
