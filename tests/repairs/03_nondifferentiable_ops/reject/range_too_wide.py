# what = "a derivative of 1 for weights up to 15/16, half a step too far"
# base = "solution"
# status = "failed"
# fails = ["test_quantize_gradient", "test_gradients"]
# %% cell 3
def straight_through(value, surrogate):
    """`value` on the way forward, the derivative of `surrogate` on the way back."""
    return tf.stop_gradient(value) + (surrogate - tf.stop_gradient(surrogate))


def quantize(w):
    """The 4-bit weights that the chip stores in place of `w`."""
    value = tf.round(tf.clip_by_value(w, -LIMIT, LIMIT) / STEP) * STEP
    return straight_through(value, tf.clip_by_value(w, -LIMIT - STEP / 2, LIMIT + STEP / 2))


def binarize(z):
    """The single bit that a hidden unit sends."""
    return straight_through(tf.sign(z), tf.clip_by_value(z, -1.0, 1.0))


def gate(x, threshold):
    """1 where a band is loud enough to be let in, 0 where it is shut out."""
    return straight_through(tf.cast(x > threshold, tf.float32), tf.sigmoid(SHARPNESS * (x - threshold)))
