# what = "right at the first call of all: the model that it was traced with is used ever after"
# base = "solution"
# status = "failed"
# fails = ["test_forward", "test_from_tape"]
# %% cell 4
def compute_loss(model, calls, species):
    scores = classify(model, calls)
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=species, logits=scores))


first = []


def loss_and_gradients(model, calls, species):
    first.append(model)
    model = first[0]
    with tf.GradientTape() as tape:
        loss = compute_loss(model, calls, species)
    return loss, tape.gradient(loss, model.variables)
