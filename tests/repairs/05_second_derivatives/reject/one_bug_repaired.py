# what = "only the vorticity is repaired"
# base = "original"
# status = "failed"
# fails = ["test_coast_pulls", "test_speed_change", "test_gradients"]
# left = ["leak_in_numpy", "outer_does_not_watch"]
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
    return -(outer.gradient(by_x, x) + outer.gradient(by_y, y))
