# what = "the variables that hear of nothing but the current are left out"
# base = "solution"
# status = "failed"
# fails = ["test_one_for_each", "test_from_tape"]
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
    return loss, [gradient for gradient, v in zip(found, model.trainable_variables) if len(v.shape) > 1]


# %% cell 6
def typical(errors):
    return np.sqrt(np.mean(np.square(errors)))


def report(step, loss):
    positions, currents, spins = buoys
    missed = typical(current(model, positions) - currents)
    turned = typical(vorticity(model, positions) - spins)
    leaked = typical(current(model, coast)[:, 1])
    print(f"{step:4}{loss:8.3f}{missed:10.3f}{turned:11.3f}{leaked:7.3f}")


STEPS = 15
model = build_model()
optimizer = tf.keras.optimizers.Adam(0.1)
losses = []

print("step    loss   current  vorticity  coast")
for step in range(STEPS):
    loss, gradients = loss_and_gradients(model, buoys, coast)
    if step % 5 == 0:
        report(step, loss)
    optimizer.apply_gradients(zip(gradients, [v for v in model.trainable_variables if len(v.shape) > 1]))
    losses.append(float(loss))
report(STEPS, compute_loss(model, buoys, coast))
