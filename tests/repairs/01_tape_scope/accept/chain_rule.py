# what = "a persistent tape asked for both parts; the sensitivity by the chain rule from the standardised weather"
# base = "original"
# status = "passed"
# fails = []
# %% cell 4
WEIGHT_DECAY = 0.01


def loss_and_gradients(model, stations):
    variables = model.trainable_variables
    with tf.GradientTape(persistent=True) as tape:
        gains = [1.0 + model.weather(weather) for _, weather, _ in stations]
        misfit = 0.0
        for (electrodes, _, no2), gain in zip(stations, gains):
            predicted = tf.squeeze(model.head(model.signal(electrodes) * gain), axis=1)
            misfit += tf.keras.losses.mse(no2, predicted)
        misfit = misfit / len(stations)
        penalty = 2.0 * WEIGHT_DECAY * tf.add_n([tf.nn.l2_loss(v) for v in variables[::2]])
    gradients = tape.gradient(misfit, variables)
    for index, gradient in zip((0, 2, 4), tape.gradient(penalty, variables[::2])):
        gradients[index] = gradients[index] + gradient
    return misfit + penalty, gradients


# %% cell 8
def weather_sensitivity(model, electrodes, readings):
    weather = tf.convert_to_tensor((readings - WEATHER_MEAN) / WEATHER_SPREAD)
    with tf.GradientTape() as tape:
        tape.watch(weather)
        predicted = estimate(model, electrodes, weather)
    return tape.gradient(predicted, weather) / WEATHER_SPREAD
