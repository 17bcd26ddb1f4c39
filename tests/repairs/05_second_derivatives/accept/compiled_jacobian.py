# what = "the Jacobian of the current in a function that is traced once, and jit_compile for the speed"
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


WEIGHTS = [tf.TensorSpec((2, HIDDEN)), tf.TensorSpec((HIDDEN,)), tf.TensorSpec((HIDDEN, 1))]


class Weights(tf.Module):
    def __init__(self, kernel, bias, output):
        super().__init__()
        self.hidden_kernel, self.hidden_bias, self.output_kernel = kernel, bias, output


def weights_of(model):
    return [tf.convert_to_tensor(v) for v in (model.hidden_kernel, model.hidden_bias, model.output_kernel)]


@tf.function(input_signature=[*WEIGHTS, tf.TensorSpec((None, 2))])
def turning_of(kernel, bias, output, positions):
    with tf.GradientTape() as tape:
        tape.watch(positions)
        flow = current(Weights(kernel, bias, output), positions)
    jacobian = tape.batch_jacobian(flow, positions)
    return jacobian[:, 1, 0] - jacobian[:, 0, 1]


def vorticity(model, positions):
    return turning_of(*weights_of(model), positions)


# %% cell 8
@tf.function(jit_compile=True)
def change(kernel, bias, output, positions):
    with tf.GradientTape() as tape:
        tape.watch(positions)
        speed = tf.norm(current(Weights(kernel, bias, output), positions), axis=1)
    return tape.gradient(speed, positions)


def speed_change(model, positions):
    return change(*weights_of(model), tf.convert_to_tensor(positions))
