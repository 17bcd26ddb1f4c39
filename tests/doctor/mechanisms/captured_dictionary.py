# A weight in a dictionary, which the compiled step read once.
# code: GRAD021
# culprit: settings["beta"]
# says: an earlier value of settings['beta']
import tensorflow as tf

w = tf.Variable([1.0, 2.0], name="w")
settings = {"beta": 0.0}


@tf.function
def step(x):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum((w * x - 1.0) ** 2) + settings["beta"] * tf.reduce_sum(w**2)
    w.assign_sub(0.01 * tape.gradient(loss, w))
    return loss


for epoch in range(4):
    settings["beta"] = 0.1 * epoch
    step(tf.constant([1.0, 2.0]))
