# what = "the saliency per level divided by 255, as the network hears it"
# base = "solution"
# status = "failed"
# fails = ["test_saliency", "test_gradients"]
# %% cell 6
def saliency(model, calls, species):
    heard = tf.cast(calls, tf.float32) / 255.0
    with tf.GradientTape() as tape:
        tape.watch(heard)
        scores = tf.gather(classify(model, 255.0 * heard), species, batch_dims=1)
    return tape.gradient(scores, heard)
