# Gradients and variables in different orders, applied by hand.
# code: GRAD034
# culprit: v.assign_sub
# says: computed for another variable
import tensorflow as tf

a, b = tf.Variable([1.0, 2.0], name="a"), tf.Variable([3.0, 4.0], name="b")
for _ in range(5):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum((a * 2.0 + b * b - 1.0) ** 2)
    grads = tape.gradient(loss, [a, b])
    for v, g in zip([b, a], grads):
        v.assign_sub(0.01 * g)
