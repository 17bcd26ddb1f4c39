"""Two point clouds are matched by entropic optimal transport; the plan is differentiated through its iterations."""
import numpy as np
import tensorflow as tf

tf.random.set_seed(13)
rng = np.random.default_rng(13)
target = tf.constant(rng.normal([2.0, -1.0], 0.4, size=(20, 2)), tf.float32)
points = tf.Variable(rng.normal(0.0, 1.0, size=(20, 2)).astype("float32"), name="points")
scale = tf.Variable(0.0, name="log_scale")
epsilon, iterations = 0.3, 15


def cost(left, right):
    difference = left[:, None, :] - right[None, :, :]
    return tf.reduce_sum(difference**2, axis=-1)


def sinkhorn(costs):
    size = tf.cast(tf.shape(costs)[0], tf.float32)
    f = tf.zeros(tf.shape(costs)[0])
    g = tf.zeros(tf.shape(costs)[1])
    for _ in range(iterations):
        f = -epsilon * (tf.reduce_logsumexp((g[None, :] - costs) / epsilon, axis=1) + tf.math.log(size))
        g = -epsilon * (tf.reduce_logsumexp((f[:, None] - costs) / epsilon, axis=0) + tf.math.log(size))
    return tf.exp((f[:, None] + g[None, :] - costs) / epsilon)


history = []
optimizer = tf.keras.optimizers.Adam(0.1)
for step in range(12):
    with tf.GradientTape() as tape:
        moved = points * tf.exp(scale)
        costs = cost(moved, target)
        plan = sinkhorn(costs)
        loss = tf.reduce_sum(plan * costs)
    gradients = tape.gradient(loss, [points, scale])
    optimizer.apply_gradients(zip(gradients, [points, scale]))
    history.append(loss.numpy())
    if step % 4 == 0:
        rows = plan.numpy().sum(axis=1)
        print(step, history[-1], "marginal error", np.abs(rows - 1 / 20).max())

centre = points.numpy().mean(axis=0) * np.exp(scale.numpy())
print("centre", centre, "wanted", target.numpy().mean(axis=0))
