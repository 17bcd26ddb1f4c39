# what = "the vorticity is measured between neighbouring positions"
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


def vorticity(model, positions, step=0.05):
    east, north = tf.constant([[step, 0.0]]), tf.constant([[0.0, step]])
    by_x = current(model, positions + east)[:, 1] - current(model, positions - east)[:, 1]
    by_y = current(model, positions + north)[:, 0] - current(model, positions - north)[:, 0]
    return (by_x - by_y) / (2 * step)
