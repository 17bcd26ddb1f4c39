# A loop over a dataset is one operation in a compiled function, and has no gradient there.
# code: GRAD003
# culprit: tape.gradient
# says: compiled it has none
import tensorflow as tf

w = tf.Variable(2.0, name="w")
data = tf.data.Dataset.from_tensor_slices([1.0, 2.0, 3.0])


@tf.function
def step():
    total = tf.constant(0.0)
    with tf.GradientTape() as tape:
        for x in data:
            total += (w * x - 1.0) ** 2
    gradient = tape.gradient(total, w)
    if gradient is not None:
        w.assign_sub(0.01 * gradient)
    return total


for _ in range(4):
    step()
