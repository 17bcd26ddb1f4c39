# what = "the loss is differentiated numerically"
# base = "solution"
# status = "failed"
# fails = ["test_from_tape"]
# cheat = true
# %% cell 4
def compute_loss(model, rain, water):
    errors = tf.square(forecast(model, rain) - water)
    return tf.reduce_mean(errors) + 0.05 * tf.square(model.log_area)


def loss_and_gradients(model, rain, water, step=1e-2):
    gradients = {}
    for variable in model.trainable_variables:
        value = variable.numpy()
        gradient = np.zeros_like(value)
        for place in np.ndindex(value.shape):
            slope = 0.0
            for way in (1.0, -1.0):
                moved = np.array(value)
                moved[place] += way * step
                variable.assign(moved)
                slope += way * float(compute_loss(model, rain, water)) / (2 * step)
            gradient[place] = slope
        variable.assign(value)
        gradients[variable.name] = tf.constant(gradient)
    return compute_loss(model, rain, water), gradients


# %% cell 6
optimizer = tf.keras.optimizers.Adam(0.25, beta_1=0.7)
losses = []
for step in range(2):
    loss, gradients = loss_and_gradients(model, rain, water)
    pairs = zip(gradients.values(), model.trainable_variables)
    optimizer.apply_gradients([(gradient, variable) for gradient, variable in pairs if gradient is not None])
    losses.append(float(loss))

print(f"loss: {losses[0]:.2f} -> {losses[-1]:.2f}\n")
print(f"each hour a store lets go: {np.round(tf.sigmoid(model.leak), 2)}, really {TRUE_LEAK}")
print(f"share that runs off:       {tf.sigmoid(model.runoff):.2f}, really {TRUE_SHARE}")
print(f"size of the valley:        {tf.exp(model.log_area):.2f}, really {TRUE_AREA}")
print(f"always there:              {float(model.base):.2f}, really {TRUE_BASE}")
