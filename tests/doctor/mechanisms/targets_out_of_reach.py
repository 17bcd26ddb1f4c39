# Targets that a sigmoid cannot reach.
# code: GRAD044
# culprit: tf.sigmoid
# says: sigmoid reaches from 0 to 1
import numpy as np
import tensorflow as tf

w = tf.Variable(tf.random.normal((4, 1)), name="w")
x = np.random.normal(size=(16, 4)).astype("float32")
y = (3.0 * x[:, :1]).astype("float32")
for _ in range(3):
    with tf.GradientTape() as tape:
        p = tf.sigmoid(x @ w)
        loss = tf.reduce_mean((p - y) ** 2)
    w.assign_sub(0.1 * tape.gradient(loss, w))
