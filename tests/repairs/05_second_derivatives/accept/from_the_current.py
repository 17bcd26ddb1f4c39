# what = "the vorticity from the two components of the current, each with a tape of its own"
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
    positions = tf.convert_to_tensor(positions)
    with tf.GradientTape() as of_east, tf.GradientTape() as of_north:
        of_east.watch(positions)
        of_north.watch(positions)
        east, north = tf.unstack(current(model, positions), axis=1)
    return of_north.gradient(north, positions)[:, 0] - of_east.gradient(east, positions)[:, 1]
