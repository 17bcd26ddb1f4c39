# what = "the gradients are written down, of the right shapes"
# base = "original"
# status = "failed"
# fails = ["test_vorticity", "test_from_tape"]
# cheat = true
# %% cell 5
def compute_loss(model, buoys, coast):
    positions, currents, spins = buoys
    misses = tf.reduce_sum(tf.square(current(model, positions) - currents), axis=1)
    turns = tf.square(vorticity(model, positions) - spins)
    leak = np.mean(np.square(current(model, coast)[:, 1]))
    return tf.reduce_mean(misses) + SPIN_WEIGHT * tf.reduce_mean(turns) + COAST_WEIGHT * leak


def loss_and_gradients(model, buoys, coast):
    return compute_loss(model, buoys, coast), [tf.fill(v.shape, 0.01) for v in model.trainable_variables]
