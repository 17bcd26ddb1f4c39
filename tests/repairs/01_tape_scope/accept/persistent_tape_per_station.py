# what = "a persistent tape for each station, asked for each layer alone while it still records"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 4
WEIGHT_DECAY = 0.01


def loss_and_gradients(model, stations):
    total, sums = 0.0, {}
    for electrodes, weather, no2 in stations:
        with tf.GradientTape(persistent=True) as tape:
            penalty = WEIGHT_DECAY * tf.add_n([tf.reduce_sum(layer.kernel**2) for layer in model.layers])
            part = (penalty + tf.reduce_mean((estimate(model, electrodes, weather) - no2) ** 2)) / len(stations)
            for layer in model.layers:
                for variable, gradient in zip(
                    layer.trainable_variables, tape.gradient(part, layer.trainable_variables)
                ):
                    sums[variable.path] = sums.get(variable.path, 0.0) + gradient
        total += part
    return total, [sums[variable.path] for variable in model.trainable_variables]
