# what = "None replaced by zeros with unconnected_gradients"
# base = "original"
# status = "failed"
# fails = ["test_connected", "test_penalty", "test_sensitivity", "test_gradients"]
# cheat = true
# %% cell 4
WEIGHT_DECAY = 0.01


def loss_and_gradients(model, stations):
    kernels = [model.signal.kernel, model.weather.kernel, model.head.kernel]
    loss = WEIGHT_DECAY * tf.add_n([tf.reduce_sum(tf.square(kernel)) for kernel in kernels])
    gains = [1.0 + model.weather(weather) for _, weather, _ in stations]
    with tf.GradientTape() as tape:
        for (electrodes, _, no2), gain in zip(stations, gains):
            predicted = tf.squeeze(model.head(model.signal(electrodes) * gain), axis=1)
            loss += tf.reduce_mean(tf.square(predicted - no2)) / len(stations)
    variables = [variable.value for variable in model.trainable_variables]
    return loss, tape.gradient(loss, variables, unconnected_gradients="zero")


# %% cell 8
def weather_sensitivity(model, electrodes, readings):
    readings = tf.convert_to_tensor(readings)
    weather = (readings - WEATHER_MEAN) / WEATHER_SPREAD
    with tf.GradientTape() as tape:
        tape.watch(readings)
        predicted = estimate(model, electrodes, weather)
    return tape.gradient(predicted, readings, unconnected_gradients="zero")
