# what = "the gate replaced by the smooth curve, forward too"
# base = "solution"
# status = "failed"
# fails = ["test_forward", "test_gradients"]
# %% cell 3
def straight_through(value, surrogate):
    """`value` on the way forward, the derivative of `surrogate` on the way back."""
    return tf.stop_gradient(value) + (surrogate - tf.stop_gradient(surrogate))


def quantize(w):
    """The 4-bit weights that the chip stores in place of `w`."""
    w = tf.clip_by_value(w, -LIMIT, LIMIT)
    return straight_through(tf.round(w / STEP) * STEP, w)


def binarize(z):
    """The single bit that a hidden unit sends."""
    return straight_through(tf.sign(z), tf.clip_by_value(z, -1.0, 1.0))


def gate(x, threshold):
    return tf.sigmoid(SHARPNESS * (x - threshold))
