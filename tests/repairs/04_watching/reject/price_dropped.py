# what = "loud noise has no price any more"
# base = "solution"
# status = "failed"
# fails = ["test_forward", "test_disguise", "test_gradients"]
# %% cell 8
def disguise(model, calls, wanted, noise):
    noise = tf.convert_to_tensor(noise)
    with tf.GradientTape() as tape:
        tape.watch(noise)
        goal = compute_loss(model, tf.cast(calls, tf.float32) + noise, wanted)
    return goal, tape.gradient(goal, noise)
