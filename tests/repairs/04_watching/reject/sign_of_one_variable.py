# what = "one variable's gradient has the wrong sign"
# base = "solution"
# status = "failed"
# fails = ["test_from_tape"]
# %% cell 4
def compute_loss(model, calls, species):
    scores = classify(model, calls)
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=species, logits=scores))


def loss_and_gradients(model, calls, species):
    with tf.GradientTape() as tape:
        loss = compute_loss(model, calls, species)
    gradients = tape.gradient(loss, model.variables)
    return loss, [-gradient if gradient.shape == (8,) else gradient for gradient in gradients]
