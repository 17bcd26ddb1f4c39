# what = "the loss is written once more in NumPy, and differentiated numerically"
# base = "solution"
# status = "failed"
# fails = ["test_from_tape"]
# cheat = true
# %% cell 5
def compute_loss(model, buoys, coast):
    positions, currents, spins = buoys
    misses = tf.reduce_sum(tf.square(current(model, positions) - currents), axis=1)
    turns = tf.square(vorticity(model, positions) - spins)
    leak = tf.reduce_mean(tf.square(current(model, coast)[:, 1]))
    return tf.reduce_mean(misses) + SPIN_WEIGHT * tf.reduce_mean(turns) + COAST_WEIGHT * leak


def loss_in_numpy(weights, buoys, coast):
    kernel, bias, output = weights
    x, y = kernel

    def flow(at):
        share = (1 - np.tanh(at @ kernel + bias) ** 2) * output[:, 0]
        return np.stack([share @ y, -share @ x], axis=1)

    positions, currents, spins = (np.asarray(array, np.float64) for array in buoys)
    hidden = np.tanh(positions @ kernel + bias)
    turning = (2 * hidden * (1 - hidden**2) * output[:, 0]) @ (x**2 + y**2)
    missed = np.mean(np.sum((flow(positions) - currents) ** 2, axis=1))
    leak = np.mean(flow(np.asarray(coast, np.float64))[:, 1] ** 2)
    return missed + SPIN_WEIGHT * np.mean((turning - spins) ** 2) + COAST_WEIGHT * leak


def loss_and_gradients(model, buoys, coast, step=1e-5):
    variables = [model.hidden_kernel, model.hidden_bias, model.output_kernel]
    weights = [np.asarray(variable, np.float64) for variable in variables]
    gradients = []
    for weight in weights:
        gradient = np.zeros_like(weight)
        for place in np.ndindex(weight.shape):
            weight[place] += step
            above = loss_in_numpy(weights, buoys, coast)
            weight[place] -= 2 * step
            gradient[place] = (above - loss_in_numpy(weights, buoys, coast)) / (2 * step)
            weight[place] += step
        gradients.append(tf.constant(gradient, tf.float32))
    by_name = {variable.name: gradient for variable, gradient in zip(variables, gradients)}
    return compute_loss(model, buoys, coast), [by_name[variable.name] for variable in model.trainable_variables]
