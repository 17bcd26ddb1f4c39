# what = "the right loss is differentiated numerically"
# base = "solution"
# status = "failed"
# fails = ["test_from_tape"]
# cheat = true
# %% cell 4
def current(model, positions):
    share = tf.squeeze(model.output_kernel, axis=1) * (1 - stream_units(model, positions) ** 2)
    by_x, by_y = tf.unstack(tf.matmul(model.hidden_kernel, share, transpose_b=True))
    return tf.stack([by_y, -by_x], axis=1)


def stream_units(model, positions):
    return tf.tanh(tf.matmul(positions, model.hidden_kernel) + model.hidden_bias)


def vorticity(model, positions):
    hidden = stream_units(model, positions)
    length = tf.reduce_sum(model.hidden_kernel**2, axis=0)
    return tf.linalg.matvec(2 * hidden * (1 - hidden**2), length * model.output_kernel[:, 0])


# %% cell 5
def compute_loss(model, buoys, coast):
    positions, currents, spins = buoys
    misses = tf.reduce_sum(tf.square(current(model, positions) - currents), axis=1)
    turns = tf.square(vorticity(model, positions) - spins)
    leak = tf.reduce_mean(tf.square(current(model, coast)[:, 1]))
    return tf.reduce_mean(misses) + SPIN_WEIGHT * tf.reduce_mean(turns) + COAST_WEIGHT * leak


def loss_and_gradients(model, buoys, coast, step=1e-2):
    gradients = []
    for variable in model.trainable_variables:
        value = variable.numpy()
        gradient = np.zeros_like(value)
        for place in np.ndindex(value.shape):
            moved = value.copy()
            moved[place] += step
            variable.assign(moved)
            above = compute_loss(model, buoys, coast)
            moved[place] -= 2 * step
            variable.assign(moved)
            gradient[place] = (above - compute_loss(model, buoys, coast)) / (2 * step)
        variable.assign(value)
        gradients.append(tf.constant(gradient))
    return compute_loss(model, buoys, coast), gradients


# %% cell 6
def typical(errors):
    return np.sqrt(np.mean(np.square(errors)))


def report(step, loss):
    positions, currents, spins = buoys
    missed = typical(current(model, positions) - currents)
    turned = typical(vorticity(model, positions) - spins)
    leaked = typical(current(model, coast)[:, 1])
    print(f"{step:4}{loss:8.3f}{missed:10.3f}{turned:11.3f}{leaked:7.3f}")


STEPS = 1
model = build_model()
optimizer = tf.keras.optimizers.Adam(0.1)
losses = []

print("step    loss   current  vorticity  coast")
for step in range(STEPS):
    loss, gradients = loss_and_gradients(model, buoys, coast)
    if step % 6 == 0:
        report(step, loss)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    losses.append(float(loss))
report(STEPS, compute_loss(model, buoys, coast))
