# what = "the shipped lines as they are, with the tape opened before all of them"
# base = "original"
# status = "passed"
# fails = []
# %% cell 4
WEIGHT_DECAY = 0.01


def loss_and_gradients(model, stations):
    with tf.GradientTape() as tape:
        kernels = [model.signal.kernel, model.weather.kernel, model.head.kernel]
        loss = WEIGHT_DECAY * tf.add_n([tf.reduce_sum(tf.square(kernel)) for kernel in kernels])
        gains = [1.0 + model.weather(weather) for _, weather, _ in stations]
        for (electrodes, _, no2), gain in zip(stations, gains):
            predicted = tf.squeeze(model.head(model.signal(electrodes) * gain), axis=1)
            loss += tf.reduce_mean(tf.square(predicted - no2)) / len(stations)
    return loss, tape.gradient(loss, model.trainable_variables)


# %% cell 8
def weather_sensitivity(model, electrodes, readings):
    readings = tf.Variable(readings)
    with tf.GradientTape() as tape:
        predicted = estimate(model, electrodes, (readings - WEATHER_MEAN) / WEATHER_SPREAD)
    return tape.gradient(predicted, readings)
