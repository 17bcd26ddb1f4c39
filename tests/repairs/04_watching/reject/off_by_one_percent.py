# what = "the saliency is one percent too large"
# base = "solution"
# status = "failed"
# fails = ["test_saliency", "test_gradients"]
# %% cell 6
def saliency(model, calls, species):
    calls = tf.cast(calls, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(calls)
        scores = 1.01 * tf.gather(classify(model, calls), species, batch_dims=1)
    return tape.gradient(scores, calls)
