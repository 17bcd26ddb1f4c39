# what = "right but for the noise, which is watched after its loudness was computed"
# base = "solution"
# status = "failed"
# fails = ["test_disguise", "test_gradients"]
# %% cell 8
PRICE = 0.002


def disguise(model, calls, wanted, noise):
    noise = tf.convert_to_tensor(noise)
    with tf.GradientTape() as tape:
        loudness = tf.reduce_mean(tf.square(noise))
        tape.watch(noise)
        goal = compute_loss(model, tf.cast(calls, tf.float32) + noise, wanted) + PRICE * loudness
    return goal, tape.gradient(goal, noise)
