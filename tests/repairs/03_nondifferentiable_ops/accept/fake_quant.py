# what = "TensorFlow's own fake quantisation, and differences that are zero in value"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 3
def quantize(w):
    return tf.quantization.fake_quant_with_min_max_args(w, min=-LIMIT, max=LIMIT, num_bits=4, narrow_range=True)


def binarize(z):
    slope_one_near_zero = tf.minimum(tf.maximum(z, -1.0), 1.0)
    return slope_one_near_zero + tf.stop_gradient(tf.sign(z) - slope_one_near_zero)


def gate(x, threshold):
    curve = tf.nn.sigmoid((x - threshold) * SHARPNESS)
    return curve + tf.stop_gradient(tf.where(x > threshold, 1.0, 0.0) - curve)
