# what = "the logistic curve cut off where it is nearly flat"
# base = "solution"
# status = "failed"
# fails = ["test_gate_gradient", "test_power_bill", "test_gradients"]
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
    """1 where a band is loud enough to be let in, 0 where it is shut out."""
    return straight_through(
        tf.cast(x > threshold, tf.float32), tf.sigmoid(tf.clip_by_value(SHARPNESS * (x - threshold), -3.0, 3.0))
    )
