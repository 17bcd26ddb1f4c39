# what = "errors count by their size instead of their square"
# base = "solution"
# status = "failed"
# fails = ["test_forward", "test_vorticity_pulls", "test_gradients"]
# %% cell 5
def compute_loss(model, buoys, coast):
    positions, currents, spins = buoys
    misses = tf.reduce_sum(tf.square(current(model, positions) - currents), axis=1)
    turns = tf.abs(vorticity(model, positions) - spins)
    leak = tf.reduce_mean(tf.square(current(model, coast)[:, 1]))
    return tf.reduce_mean(misses) + SPIN_WEIGHT * tf.reduce_mean(turns) + COAST_WEIGHT * leak


def loss_and_gradients(model, buoys, coast):
    with tf.GradientTape() as tape:
        loss = compute_loss(model, buoys, coast)
    return loss, tape.gradient(loss, model.trainable_variables)
