# Arrays and numbers that are arguments of a compiled step: healthy.
import numpy as np
import tensorflow as tf

w = tf.Variable([1.0, 2.0], name="w")


@tf.function
def step(x, y):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum((w * x - y) ** 2)
    w.assign_sub(0.01 * tape.gradient(loss, w))
    return loss


for epoch in range(5):
    step(np.random.normal(size=2).astype("float32"), float(epoch))
