# what = "the gradients of the first 180 calls, which is all that the notebook has"
# base = "solution"
# status = "failed"
# fails = ["test_gradients"]
# %% cell 4
def compute_loss(model, calls, species):
    scores = classify(model, calls)
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=species, logits=scores))


def loss_and_gradients(model, calls, species):
    with tf.GradientTape() as tape:
        loss = compute_loss(model, calls[:180], species[:180])
    return compute_loss(model, calls, species), tape.gradient(loss, model.variables)
