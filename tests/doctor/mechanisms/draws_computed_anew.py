# Dropout in what is computed anew in the backward pass.
# code: GRAD029
# culprit: tf.nn.dropout
# says: draws other numbers
import tensorflow as tf

w = tf.Variable(tf.ones((3, 3)), name="w")


@tf.recompute_grad
def block(x):
    h = tf.tanh(x @ w)
    return tf.nn.dropout(h, 0.5)


x = tf.random.normal((8, 3))
for _ in range(3):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(block(x) ** 2)
    w.assign_sub(0.1 * tape.gradient(loss, w))
