# what = "everything is repaired but the vorticity"
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
    """How fast the water turns at each position."""
    x, y = tf.unstack(positions, axis=1)
    with tf.GradientTape(persistent=True) as tape:  # persistent, as it is asked three times
        tape.watch([x, y])
        psi = stream_function(model, tf.stack([x, y], axis=1))
    by_x, by_y = tape.gradient(psi, [x, y])
    bends = [tape.gradient(by_x, x), tape.gradient(by_y, y)]
    by_xx, by_yy = (tf.zeros_like(x) if bend is None else bend for bend in bends)  # None: it does not bend
    return -(by_xx + by_yy)
