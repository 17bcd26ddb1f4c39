# NumPy draws once, while the function is compiled.
# code: GRAD021
# culprit: noise - 1.0
# says: another number comes in here each time
import numpy as np
import tensorflow as tf

w = tf.Variable([1.0, 2.0], name="w")


@tf.function
def step(x):
    noise = np.random.normal(size=2).astype("float32")
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum((w * x + noise - 1.0) ** 2)
    w.assign_sub(0.01 * tape.gradient(loss, w))
    return loss


for epoch in range(5):
    step(np.random.normal(size=2).astype("float32"))
