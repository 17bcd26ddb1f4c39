# what = "the derivatives of the stream function worked out by hand, and a tape for the rest"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 4
def bends(model, positions):
    """What each hidden unit adds to the first and to the second derivative along its own direction."""
    hidden = tf.tanh(tf.matmul(positions, model.hidden_kernel) + model.hidden_bias)
    share = tf.squeeze(model.output_kernel, axis=1) * (1.0 - hidden**2)
    return share, -2.0 * hidden * share


def current(model, positions):
    by_x, by_y = tf.unstack(tf.matmul(model.hidden_kernel, bends(model, positions)[0], transpose_b=True))
    return tf.stack([by_y, -by_x], axis=1)


def vorticity(model, positions):
    length = tf.reduce_sum(model.hidden_kernel**2, axis=0)
    return -tf.linalg.matvec(bends(model, positions)[1], length)
