# what = "all stations joined to one weighted batch; the sensitivity by forward-mode differentiation"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 4
WEIGHT_DECAY = 0.01


def loss_and_gradients(model, stations):
    electrodes, weather, no2 = (tf.concat(parts, axis=0) for parts in zip(*stations))
    share = np.concatenate([np.full(len(one), 1.0 / len(one) / len(stations), "float32") for _, _, one in stations])
    kernels = [layer.kernel for layer in model.layers]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        for variable in model.trainable_variables:
            tape.watch(variable.value)
        loss = tf.reduce_sum(share * tf.math.squared_difference(estimate(model, electrodes, weather), no2))
        for kernel in kernels:
            loss += WEIGHT_DECAY * tf.norm(kernel) ** 2
    return loss, tape.gradient(loss, model.trainable_variables)


# %% cell 8
def weather_sensitivity(model, electrodes, readings):
    readings = tf.constant(readings)
    columns = []
    for column in range(2):
        direction = tf.repeat(tf.one_hot([column], 2), len(readings), axis=0)
        with tf.autodiff.ForwardAccumulator(readings, direction) as accumulator:
            predicted = estimate(model, electrodes, (readings - WEATHER_MEAN) / WEATHER_SPREAD)
        columns.append(accumulator.jvp(predicted))
    return tf.stack(columns, axis=1)
