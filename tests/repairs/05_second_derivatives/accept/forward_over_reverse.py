# what = "second derivatives in forward mode, over a first one by the tape"
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
    turning = 0.0
    for axis, across in ((0, 1), (1, 0)):
        direction = tf.one_hot(tf.fill([tf.shape(positions)[0]], axis), 2)
        with tf.autodiff.ForwardAccumulator(positions, direction) as forward:
            flow = current(model, positions)[:, across]
        turning += (1.0 if axis == 0 else -1.0) * forward.jvp(flow)
    return turning


# %% cell 8
def speed_change(model, positions):
    """Change of the current's speed per km to the east and per km to the north."""
    positions = tf.convert_to_tensor(positions)
    changes = []
    for axis in (0, 1):
        direction = tf.one_hot(tf.fill([len(positions)], axis), 2)
        with tf.autodiff.ForwardAccumulator(positions, direction) as forward:
            speed = tf.norm(current(model, positions), axis=1)
        changes.append(forward.jvp(speed))
    return tf.stack(changes, axis=1)
