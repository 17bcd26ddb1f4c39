# what = "right but for the saliency, which asks about whole numbers"
# base = "solution"
# status = "failed"
# fails = ["test_saliency", "test_gradients"]
# %% cell 6
def saliency(model, calls, species):
    calls = tf.convert_to_tensor(calls)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(calls)
        scores = tf.gather(classify(model, calls), species, batch_dims=1)
    return tape.gradient(scores, calls)
