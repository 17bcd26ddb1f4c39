# what = "right but for the weather branch, which runs before the tape opens"
# base = "solution"
# status = "failed"
# fails = ["test_connected", "test_gradients"]
# %% cell 4
WEIGHT_DECAY = 0.01


def loss_and_gradients(model, stations):
    kernels = [model.signal.kernel, model.weather.kernel, model.head.kernel]
    gains = [1.0 + model.weather(weather) for _, weather, _ in stations]
    with tf.GradientTape() as tape:
        loss = WEIGHT_DECAY * tf.add_n([tf.reduce_sum(tf.square(kernel)) for kernel in kernels])
        for (electrodes, _, no2), gain in zip(stations, gains):
            predicted = tf.squeeze(model.head(model.signal(electrodes) * gain), axis=1)
            loss += tf.reduce_mean(tf.square(predicted - no2)) / len(stations)
    return loss, tape.gradient(loss, model.trainable_variables)
