# what = "two halves of the calls, whose gradients are added up in variables"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 4
def compute_loss(model, calls, species):
    scores = classify(model, calls)
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=species, logits=scores))


def loss_and_gradients(model, calls, species):
    sums = [tf.Variable(tf.zeros(variable.shape), trainable=False) for variable in model.variables]
    total = 0.0
    for half in np.array_split(np.arange(len(calls)), 2):
        if len(half):
            with tf.GradientTape() as tape:
                loss = compute_loss(model, calls[half], species[half]) * (len(half) / len(calls))
            total += loss
            for running, gradient in zip(sums, tape.gradient(loss, model.variables)):
                running.assign_add(gradient)
    return compute_loss(model, calls, species), [tf.convert_to_tensor(running) for running in sums]

