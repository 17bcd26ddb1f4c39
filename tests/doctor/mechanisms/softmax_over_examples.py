# A softmax over the examples.
# code: GRAD043
# culprit: axis=0
# says: over the rows of the batch
import numpy as np
import tensorflow as tf

w = tf.Variable(tf.random.normal((4, 3)), name="w")
x = np.random.normal(size=(16, 4)).astype("float32")
y = np.eye(3, dtype="float32")[np.random.randint(0, 3, 16)]
for _ in range(3):
    with tf.GradientTape() as tape:
        p = tf.nn.softmax(x @ w, axis=0)
        loss = -tf.reduce_mean(tf.reduce_sum(y * tf.math.log(p + 1e-7), axis=1))
    w.assign_sub(0.1 * tape.gradient(loss, w))
