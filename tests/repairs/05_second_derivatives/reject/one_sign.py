# what = "the gradient of the output kernel has the opposite sign"
# base = "solution"
# status = "failed"
# fails = ["test_from_tape"]
# %% cell 5
def compute_loss(model, buoys, coast):
    positions, currents, spins = buoys
    misses = tf.reduce_sum(tf.square(current(model, positions) - currents), axis=1)
    turns = tf.square(vorticity(model, positions) - spins)
    leak = tf.reduce_mean(tf.square(current(model, coast)[:, 1]))
    return tf.reduce_mean(misses) + SPIN_WEIGHT * tf.reduce_mean(turns) + COAST_WEIGHT * leak


def loss_and_gradients(model, buoys, coast):
    with tf.GradientTape() as tape:
        loss = compute_loss(model, buoys, coast)
    found = tape.gradient(loss, model.trainable_variables)
    return loss, [-g if v is model.output_kernel else g for g, v in zip(found, model.trainable_variables)]
