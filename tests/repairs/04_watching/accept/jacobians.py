# what = "all scores' slopes at once, of which each call's own is taken; the price's slope written down by hand"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 6
def saliency(model, calls, species):
    calls = tf.cast(calls, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(calls)
        scores = classify(model, calls)
    return tf.gather(tape.batch_jacobian(scores, calls), species, batch_dims=1)


# %% cell 8
PRICE = 0.002


def disguise(model, calls, wanted, noise):
    heard = tf.cast(calls, tf.float32) + noise
    with tf.GradientTape() as tape:
        tape.watch(heard)
        loss = compute_loss(model, heard, wanted)
    by_noise = tape.gradient(loss, heard) + 2 * PRICE * noise / noise.size
    return loss + PRICE * np.mean(noise**2), by_noise
