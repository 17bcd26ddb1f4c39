# what = "tf.function: the saliency with a signature, the disguise written out once more for XLA"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 6
NETWORK = [tf.TensorSpec(shape) for shape in ((BANDS,), (BANDS, UNITS), (UNITS,), (UNITS, 3), (3,))]


def scores_of(network, calls):
    floor, listen, listen_bias, decide, decide_bias = network
    heard = tf.tanh(tf.matmul(tf.nn.relu(calls / 255.0 - floor), listen) + listen_bias)
    return tf.matmul(tf.reduce_mean(heard, axis=1), decide) + decide_bias


def network_of(model):
    layers = [model.listen.kernel, model.listen.bias, model.decide.kernel, model.decide.bias]
    return [tf.convert_to_tensor(variable) for variable in (model.floor, *layers)]


@tf.function(input_signature=[NETWORK, tf.TensorSpec([None, None, BANDS]), tf.TensorSpec([None], tf.int32)])
def slopes(network, levels, own):
    with tf.GradientTape() as tape:
        tape.watch(levels)
        scores = tf.gather(scores_of(network, levels), own, batch_dims=1)
    return tape.gradient(scores, levels)


def saliency(model, calls, species):
    return slopes(network_of(model), tf.cast(calls, tf.float32), species)


# %% cell 8
PRICE = 0.002


@tf.function(jit_compile=True)
def by_xla(network, levels, wanted, noise):
    with tf.GradientTape() as tape:
        tape.watch(noise)
        scores = scores_of(network, levels + noise)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=wanted, logits=scores)
        goal = tf.reduce_mean(losses) + PRICE * tf.reduce_mean(tf.square(noise))
    return goal, tape.gradient(goal, noise)


def disguise(model, calls, wanted, noise):
    return by_xla(network_of(model), tf.cast(calls, tf.float32), tf.constant(wanted), tf.constant(noise))
