# An attribute that a compiled method read once.
# code: GRAD021
# culprit: self.temperature
# says: an earlier value of self.temperature
import tensorflow as tf


class Model(tf.Module):
    def __init__(self):
        super().__init__()
        self.w = tf.Variable([1.0, 2.0], name="w")
        self.temperature = 5.0

    @tf.function
    def step(self, x):
        with tf.GradientTape() as tape:
            logits = self.w * x / self.temperature
            loss = tf.reduce_sum((logits - 1.0) ** 2)
        self.w.assign_sub(0.01 * tape.gradient(loss, self.w))
        return loss


model = Model()
for epoch in range(4):
    model.temperature = 5.0 - epoch
    model.step(tf.constant([1.0, 2.0]))
