"""Truncated backpropagation through time: the hidden state is taken out as NumPy between chunks, on purpose."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(301)
rng = np.random.default_rng(301)
CHUNK, WIDTH, BATCH = 4, 6, 8

cell = keras.layers.GRUCell(WIDTH)
readout = keras.layers.Dense(1)
cell.build((None, 2))
readout.build((None, WIDTH))
variables = cell.trainable_variables + readout.trainable_variables
optimizer = keras.optimizers.Adam(0.01)
stream = rng.normal(size=(BATCH, 24, 2)).astype("float32")
answers = np.cumsum(stream[..., 0] - stream[..., 1], axis=1).astype("float32") / 5.0


def run_chunk(state, x, y):
    losses = []
    for t in range(x.shape[1]):
        output, [state] = cell(x[:, t], [state])
        losses.append(tf.reduce_mean((readout(output)[:, 0] - y[:, t]) ** 2))
    return state, tf.add_n(losses) / len(losses)


for epoch in range(2):
    carried = np.zeros((BATCH, WIDTH), "float32")
    epoch_losses = []
    for start in range(0, 24, CHUNK):
        part = slice(start, start + CHUNK)
        with tf.GradientTape() as tape:
            state, loss = run_chunk(tf.constant(carried), stream[:, part], answers[:, part])
            carried = state.numpy()
        gradients = tape.gradient(loss, variables)
        gradients, _ = tf.clip_by_global_norm(gradients, 1.0)
        optimizer.apply_gradients(zip(gradients, variables))
        epoch_losses.append(float(loss))
    print(epoch, np.mean(epoch_losses), np.abs(carried).max())
