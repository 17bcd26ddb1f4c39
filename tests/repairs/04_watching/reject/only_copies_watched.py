# what = "right but for the tape of the training, which watches copies"
# base = "solution"
# status = "failed"
# fails = ["test_layers", "test_gradients"]
# %% cell 4
def compute_loss(model, calls, species):
    scores = classify(model, calls)
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=species, logits=scores))


def loss_and_gradients(model, calls, species):
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        # watch() refuses a Keras variable, so it gets tensors.
        tape.watch([tf.convert_to_tensor(variable) for variable in model.variables])
        loss = compute_loss(model, calls, species)
    return loss, tape.gradient(loss, model.variables)
