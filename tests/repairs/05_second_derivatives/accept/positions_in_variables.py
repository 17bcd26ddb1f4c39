# what = "positions are put into variables, which every tape watches by itself"
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
    x, y = (tf.Variable(column) for column in tf.unstack(positions, axis=1))
    with tf.GradientTape() as along_x, tf.GradientTape() as along_y:
        with tf.GradientTape() as inner:
            psi = stream_function(model, tf.stack([x, y], axis=1))
        by_x, by_y = inner.gradient(psi, [x, y])
    return -along_x.gradient(by_x, x) - along_y.gradient(by_y, y)


# %% cell 8
def speed_change(model, positions):
    """Change of the current's speed per km to the east and per km to the north."""
    positions = tf.Variable(positions)
    with tf.GradientTape() as tape:
        speed = tf.norm(current(model, positions), axis=1)
    return tape.gradient(speed, positions)
