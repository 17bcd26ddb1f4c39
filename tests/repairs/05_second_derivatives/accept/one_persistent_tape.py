# what = "a single persistent tape, asked for the first derivatives inside its block"
# base = "solution"
# status = "passed"
# fails = []
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
    x, y = tf.unstack(positions, axis=1)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([x, y])
        psi = stream_function(model, tf.stack([x, y], axis=1))
        by_x = tape.gradient(psi, x)
        by_y = tape.gradient(psi, y)
    return -tape.gradient(by_x, x) - tape.gradient(by_y, y)
