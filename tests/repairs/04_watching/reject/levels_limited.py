# what = "calls with noise are held between 0 and 255, which the contract does not say"
# base = "solution"
# status = "failed"
# fails = ["test_forward", "test_disguise", "test_gradients"]
# %% cell 8
PRICE = 0.002


def disguise(model, calls, wanted, noise):
    noise = tf.convert_to_tensor(noise)
    with tf.GradientTape() as tape:
        tape.watch(noise)
        heard = tf.clip_by_value(tf.cast(calls, tf.float32) + noise, 0.0, 255.0)
        goal = compute_loss(model, heard, wanted) + PRICE * tf.reduce_mean(tf.square(noise))
    return goal, tape.gradient(goal, noise)
