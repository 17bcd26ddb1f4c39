# what = "open at the threshold itself"
# base = "solution"
# status = "failed"
# fails = ["test_forward"]
# %% cell 3
def quantize(w):
    @tf.custom_gradient
    def steps(w):
        inside = tf.cast(tf.abs(w) <= LIMIT, tf.float32)
        return tf.round(tf.clip_by_value(w, -LIMIT, LIMIT) / STEP) * STEP, lambda up: up * inside

    return steps(w)


def binarize(z):
    @tf.custom_gradient
    def bit(z):
        inside = tf.cast(tf.abs(z) <= 1.0, tf.float32)
        return tf.sign(z), lambda up: up * inside

    return bit(z)


def gate(x, threshold):
    @tf.custom_gradient
    def is_open(x, threshold):
        s = tf.sigmoid(SHARPNESS * (x - threshold))

        def backward(up):
            slope = up * SHARPNESS * s * (1.0 - s)
            return slope, -tf.reduce_sum(slope, axis=0)

        return tf.cast(x >= threshold, tf.float32), backward

    return is_open(x, threshold)
