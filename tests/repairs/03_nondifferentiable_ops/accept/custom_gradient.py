# what = "every operation with a backward pass of its own, by tf.custom_gradient"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 3
@tf.custom_gradient
def quantize(w):
    def backward(upstream):
        return upstream * tf.cast(tf.abs(w) <= LIMIT, upstream.dtype)

    return tf.round(tf.clip_by_value(w, -LIMIT, LIMIT) / STEP) * STEP, backward


@tf.custom_gradient
def binarize(z):
    def backward(upstream):
        return tf.where(tf.abs(z) <= 1.0, upstream, tf.zeros_like(upstream))

    return tf.where(z >= 0.0, tf.ones_like(z), -tf.ones_like(z)), backward


@tf.custom_gradient
def gate(x, threshold):
    curve = tf.sigmoid(SHARPNESS * (x - threshold))

    def backward(upstream):
        slope = upstream * SHARPNESS * curve * (1.0 - curve)
        return slope, -tf.reduce_sum(slope, axis=0)

    return tf.cast(x > threshold, tf.float32), backward
