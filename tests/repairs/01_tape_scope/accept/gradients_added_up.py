# what = "a tape for each station and one for the penalty, each asked for its own share"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 4
WEIGHT_DECAY = 0.01


def share(model, part):
    with tf.GradientTape() as tape:
        value = part()
    # A bias has no part in the penalty: there, zero is the right answer. (Keras' own variables refuse the option.)
    variables = [variable.value for variable in model.trainable_variables]
    return value, tape.gradient(value, variables, unconnected_gradients="zero")


def loss_and_gradients(model, stations):
    kernels = [model.signal.kernel, model.weather.kernel, model.head.kernel]
    loss, gradients = share(model, lambda: WEIGHT_DECAY * tf.add_n([tf.reduce_sum(k * k) for k in kernels]))
    for electrodes, weather, no2 in stations:
        value, more = share(model, lambda: tf.reduce_mean((estimate(model, electrodes, weather) - no2) ** 2))
        loss += value / len(stations)
        gradients = [gradient + one / len(stations) for gradient, one in zip(gradients, more)]
    return loss, gradients
