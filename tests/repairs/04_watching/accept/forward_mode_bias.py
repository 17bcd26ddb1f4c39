# what = "the tape for all but the last bias, for which forward mode asks one species after the other"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 4
def compute_loss(model, calls, species):
    scores = classify(model, calls)
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=species, logits=scores))


def loss_and_gradients(model, calls, species):
    last = model.decide.bias
    others = [variable for variable in model.variables if variable is not last]
    with tf.GradientTape() as tape:
        loss = compute_loss(model, calls, species)
    found = dict(zip(map(id, others), tape.gradient(loss, others)))
    slopes = []
    for direction in tf.unstack(tf.eye(len(SPECIES))):
        with tf.autodiff.ForwardAccumulator(last.value, direction) as forward:
            again = compute_loss(model, calls, species)
        slopes.append(forward.jvp(again))
    return loss, [found.get(id(variable), tf.stack(slopes)) for variable in model.variables]
