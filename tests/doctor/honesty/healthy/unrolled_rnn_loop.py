"""A hand-written recurrent cell unrolled in Python and with tf.while_loop; only the last state feeds the loss."""
import numpy as np
import tensorflow as tf

tf.keras.utils.set_random_seed(201)
rng = np.random.default_rng(201)
STEPS, WIDTH = 6, 5
sequences = rng.normal(size=(16, STEPS, 2)).astype("float32")
targets = sequences.sum(axis=(1, 2), keepdims=False)[:, None].astype("float32")

kernel = tf.Variable(tf.random.normal((2, WIDTH), stddev=0.4), name="kernel")
recurrent = tf.Variable(tf.eye(WIDTH) * 0.8, name="recurrent")
readout = tf.Variable(tf.random.normal((WIDTH, 1), stddev=0.4), name="readout")
variables = [kernel, recurrent, readout]


def cell(state, inputs):
    return tf.tanh(inputs @ kernel + state @ recurrent)


def python_unroll(batch):
    state, outputs = tf.zeros((batch.shape[0], WIDTH)), []
    for t in range(STEPS):
        state = cell(state, batch[:, t])
        outputs.append(state)
    return outputs[-1]


def graph_unroll(batch):
    collected = tf.TensorArray(tf.float32, size=STEPS)

    def body(t, state, store):
        state = cell(state, batch[:, t])
        return t + 1, state, store.write(t, state)

    start = (tf.constant(0), tf.zeros((tf.shape(batch)[0], WIDTH)), collected)
    _, _, collected = tf.while_loop(lambda t, *_: t < STEPS, body, start)
    return collected.stack()[-1]


optimizer = tf.keras.optimizers.Adam(0.02)
for step in range(10):
    with tf.GradientTape() as tape:
        state = python_unroll(sequences) if step % 2 else graph_unroll(tf.constant(sequences))
        loss = tf.reduce_mean((state @ readout - targets) ** 2)
    gradients = tape.gradient(loss, variables)
    optimizer.apply_gradients(zip(gradients, variables))
    print(step, float(loss))
