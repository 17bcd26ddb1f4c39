# what = "a tape for the leaks; forward mode for the three single numbers"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 4
def compute_loss(model, rain, water):
    errors = tf.square(forecast(model, rain) - water)
    return tf.reduce_mean(errors) + 0.05 * tf.square(model.log_area)


def loss_and_gradients(model, rain, water):
    with tf.GradientTape() as tape:
        loss = compute_loss(model, rain, water)
    gradients = {"leak": tape.gradient(loss, model.leak)}
    for name in ("runoff", "base", "log_area"):
        with tf.autodiff.ForwardAccumulator(getattr(model, name).value, tf.constant(1.0)) as forward:
            again = compute_loss(model, rain, water)
        gradients[name] = forward.jvp(again)
    return loss, gradients


# %% cell 6
optimizer = tf.keras.optimizers.Adam(0.25, beta_1=0.7)
losses = []
for step in range(10):
    loss, gradients = loss_and_gradients(model, rain, water)
    pairs = [(gradients[variable.name], variable) for variable in model.trainable_variables]
    optimizer.apply_gradients([(gradient, variable) for gradient, variable in pairs if gradient is not None])
    losses.append(float(loss))

print(f"loss: {losses[0]:.2f} -> {losses[-1]:.2f}\n")
print(f"each hour a store lets go: {np.round(tf.sigmoid(model.leak), 2)}, really {TRUE_LEAK}")
print(f"share that runs off:       {tf.sigmoid(model.runoff):.2f}, really {TRUE_SHARE}")
print(f"size of the valley:        {tf.exp(model.log_area):.2f}, really {TRUE_AREA}")
print(f"always there:              {float(model.base):.2f}, really {TRUE_BASE}")
