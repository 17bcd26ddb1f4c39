# what = "jit_compile, and the whole Hessian of each position, of which the diagonal is taken"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 4
@tf.function(jit_compile=True, reduce_retracing=True)
def derivatives(kernel, bias, output, positions):
    """The slope of the stream function, and its second derivatives, (n, 2, 2)."""
    with tf.GradientTape() as outer:
        outer.watch(positions)
        with tf.GradientTape() as inner:
            inner.watch(positions)
            psi = tf.matmul(tf.tanh(tf.matmul(positions, kernel) + bias), output)
        slope = inner.gradient(psi, positions)
    return slope, outer.batch_jacobian(slope, positions)


def of(model, positions):
    return derivatives(model.hidden_kernel, model.hidden_bias, model.output_kernel, tf.convert_to_tensor(positions))


def vorticity(model, positions):
    return -tf.linalg.trace(of(model, positions)[1])


def current(model, positions):
    slope, _ = of(model, positions)
    return tf.reverse(slope, axis=[1]) * [1.0, -1.0]
