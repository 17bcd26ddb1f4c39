# what = "the gradient of the slope is taken with respect to the positions: row sums of the Hessian"
# base = "solution"
# status = "failed"
# fails = ["test_vorticity", "test_vorticity_pulls", "test_gradients"]
# %% cell 4
def current(model, positions):
    """The current east and north at each position."""
    positions = tf.convert_to_tensor(positions)
    with tf.GradientTape() as tape:
        tape.watch(positions)
        psi = stream_function(model, positions)
    slope = tape.gradient(psi, positions)
    return tf.stack([slope[:, 1], -slope[:, 0]], axis=1)


def vorticity(model, positions):
    positions = tf.convert_to_tensor(positions)
    with tf.GradientTape() as outer:
        outer.watch(positions)
        with tf.GradientTape() as inner:
            inner.watch(positions)
            psi = stream_function(model, positions)
        slope = inner.gradient(psi, positions)
    return -tf.reduce_sum(outer.gradient(slope, positions), axis=1)
