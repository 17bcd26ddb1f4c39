# what = "the vorticity is one per cent too large"
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
    with tf.GradientTape(persistent=True) as outer:  # persistent, as it is asked twice
        outer.watch([x, y])
        with tf.GradientTape() as inner:
            inner.watch([x, y])
            psi = stream_function(model, tf.stack([x, y], axis=1))
        by_x, by_y = inner.gradient(psi, [x, y])  # while the outer tape is recording
    return -1.01 * (outer.gradient(by_x, x) + outer.gradient(by_y, y))
