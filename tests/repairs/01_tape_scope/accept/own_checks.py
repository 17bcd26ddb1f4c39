# what = "a check by differences, an evaluation and a second training in the cells after the first"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 4
WEIGHT_DECAY = 0.01


def loss_and_gradients(model, stations):
    with tf.GradientTape() as tape:
        penalty = tf.add_n([tf.reduce_sum(layer.kernel**2) for layer in model.layers])
        errors = [tf.reduce_mean((estimate(model, e, w) - no2) ** 2) for e, w, no2 in stations]
        loss = WEIGHT_DECAY * penalty + tf.add_n(errors) / len(errors)
    return loss, tape.gradient(loss, model.trainable_variables)


trial = build_model()
_, slopes = loss_and_gradients(trial, stations)
for variable, slope in zip(trial.trainable_variables, slopes):
    before = variable.numpy()
    for index in list(np.ndindex(before.shape))[:3]:
        moved = []
        for step in (0.01, -0.01):
            values = before.copy()
            values[index] += step
            variable.assign(values)
            moved.append(float(loss_and_gradients(trial, stations)[0]))
        variable.assign(before)
        assert abs((moved[0] - moved[1]) / 0.02 - float(slope[index])) < 0.05
# %% cell 7
trained = model
for name in ("first", "second"):
    model = build_model()
    for step in range(3):
        loss, gradients = loss_and_gradients(model, stations)
        for variable, gradient in zip(model.trainable_variables, gradients):
            variable.assign_sub(0.01 * gradient)
    print(name, float(loss_and_gradients(model, stations[:1])[0]))
errors = [
    PPB * np.sqrt(np.mean((estimate(trained, electrodes, weather).numpy() - no2) ** 2))
    for electrodes, weather, no2 in stations
]
print(errors)
