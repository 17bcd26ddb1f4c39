# what = "the saliency of the loss in place of the score"
# base = "solution"
# status = "failed"
# fails = ["test_saliency", "test_gradients"]
# %% cell 6
def saliency(model, calls, species):
    calls = tf.cast(calls, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(calls)
        loss = compute_loss(model, calls, species)
    return tape.gradient(loss, calls)
