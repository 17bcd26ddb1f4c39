# what = "second derivatives in forward mode, over a first one by the tape"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 4
def current(model, positions):
    """The current east and north at each position."""
    positions = tf.convert_to_tensor(positions)
    with tf.GradientTape() as tape:
        tape.watch(positions)
        psi = stream_function(model, positions)
    slope = tape.gradient(psi, positions)
    return tf.stack([slope[:, 1], -slope[:, 0]], axis=1)


def vorticity(model, positions):
    positions = tf.convert_to_tensor(positions)
    turning = 0.0
    for axis, across in ((0, 1), (1, 0)):
        direction = tf.one_hot(tf.fill([tf.shape(positions)[0]], axis), 2)
        with tf.autodiff.ForwardAccumulator(positions, direction) as forward:
            flow = current(model, positions)[:, across]
        turning += (1.0 if axis == 0 else -1.0) * forward.jvp(flow)
    return turning


# %% cell 6
def typical(errors):
    return np.sqrt(np.mean(np.square(errors)))


def report(step, loss):
    positions, currents, spins = buoys
    missed = typical(current(model, positions) - currents)
    turned = typical(vorticity(model, positions) - spins)
    leaked = typical(current(model, coast)[:, 1])
    print(f"{step:4}{loss:8.3f}{missed:10.3f}{turned:11.3f}{leaked:7.3f}")


STEPS = 12
model = build_model()
optimizer = tf.keras.optimizers.Adam(0.1)
losses = []

print("step    loss   current  vorticity  coast")
for step in range(STEPS):
    loss, gradients = loss_and_gradients(model, buoys, coast)
    if step % 5 == 0:
        report(step, loss)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    losses.append(float(loss))
report(STEPS, compute_loss(model, buoys, coast))
