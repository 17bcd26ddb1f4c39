# what = "saliency has another name"
# base = "solution"
# status = "failed"
# fails = ["test_functions_exist"]
# %% cell 6
def saliency_map(model, calls, species):
    calls = tf.cast(calls, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(calls)
        scores = tf.gather(classify(model, calls), species, batch_dims=1)
    return tape.gradient(scores, calls)


# %% cell 7
