# what = "a pure function of tensors, compiled once for any number of buoys"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 5
KERNEL, BIAS, OUTPUT = (tf.TensorSpec(shape) for shape in ((2, HIDDEN), (HIDDEN,), (HIDDEN, 1)))
ROWS, NUMBERS = tf.TensorSpec((None, 2)), tf.TensorSpec((None,))


class Weights(tf.Module):
    def __init__(self, kernel, bias, output):
        super().__init__()
        self.hidden_kernel, self.hidden_bias, self.output_kernel = kernel, bias, output


@tf.function(input_signature=[KERNEL, BIAS, OUTPUT, ROWS, ROWS, NUMBERS, ROWS])
def compiled(kernel, bias, output, positions, currents, spins, coast):
    with tf.GradientTape() as tape:
        tape.watch([kernel, bias, output])
        loss = compute_loss(Weights(kernel, bias, output), (positions, currents, spins), coast)
    return loss, tape.gradient(loss, [kernel, bias, output])


def loss_and_gradients(model, buoys, coast):
    known = {(2, HIDDEN): 0, (HIDDEN,): 1, (HIDDEN, 1): 2}
    places = [known[tuple(variable.shape)] for variable in model.trainable_variables]
    weights = [model.hidden_kernel, model.hidden_bias, model.output_kernel]
    loss, gradients = compiled(*(tf.convert_to_tensor(weight) for weight in weights), *buoys, coast)
    return loss, [gradients[place] for place in places]


def compute_loss(model, buoys, coast):
    positions, currents, spins = buoys
    misses = tf.reduce_sum(tf.square(current(model, positions) - currents), axis=1)
    turns = tf.square(vorticity(model, positions) - spins)
    leak = tf.reduce_mean(tf.square(current(model, coast)[:, 1]))
    return tf.reduce_mean(misses) + SPIN_WEIGHT * tf.reduce_mean(turns) + COAST_WEIGHT * leak
