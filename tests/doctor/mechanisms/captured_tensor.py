# A tensor of the module's that is another one later.
# code: GRAD021
# culprit: beta *
# says: an earlier value of beta
import tensorflow as tf

w = tf.Variable([1.0, 2.0], name="w")
beta = tf.constant(0.0)


@tf.function
def step(x):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum((w * x - 1.0) ** 2) + beta * tf.reduce_sum(w**2)
    w.assign_sub(0.01 * tape.gradient(loss, w))
    return loss


for epoch in range(4):
    step(tf.constant([1.0, 2.0]))
    beta = beta + 0.1
