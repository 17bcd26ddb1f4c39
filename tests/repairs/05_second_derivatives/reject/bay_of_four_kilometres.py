# what = "positions outside of the notebook's bay are moved to its edge"
# base = "solution"
# status = "failed"
# fails = ["test_vorticity", "test_gradients"]
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
    x, y = tf.unstack(tf.clip_by_value(positions, 0.0, WIDTH), axis=1)
    with tf.GradientTape(persistent=True) as outer:  # persistent, as it is asked twice
        outer.watch([x, y])
        with tf.GradientTape() as inner:
            inner.watch([x, y])
            psi = stream_function(model, tf.stack([x, y], axis=1))
        by_x, by_y = inner.gradient(psi, [x, y])  # while the outer tape is recording
    return -(outer.gradient(by_x, x) + outer.gradient(by_y, y))
