# what = "every None repaired, and the noise still watched late and the floor frozen"
# base = "original"
# status = "failed"
# fails = ["test_floor", "test_disguise", "test_gradients"]
# left = ["frozen_floor", "watched_late"]
# %% cell 4
def compute_loss(model, calls, species):
    scores = classify(model, calls)
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=species, logits=scores))


def loss_and_gradients(model, calls, species):
    with tf.GradientTape() as tape:
        loss = compute_loss(model, calls, species)
    return loss, tape.gradient(loss, model.variables)


# %% cell 6
def saliency(model, calls, species):
    calls = tf.cast(calls, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(calls)
        scores = tf.gather(classify(model, calls), species, batch_dims=1)
    return tape.gradient(scores, calls)
