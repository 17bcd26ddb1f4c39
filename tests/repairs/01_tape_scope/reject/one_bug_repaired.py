# what = "only the weather branch is moved into the tape"
# base = "original"
# status = "failed"
# fails = ["test_penalty", "test_every_station", "test_sensitivity", "test_gradients"]
# %% cell 4
WEIGHT_DECAY = 0.01


def loss_and_gradients(model, stations):
    kernels = [model.signal.kernel, model.weather.kernel, model.head.kernel]
    loss = WEIGHT_DECAY * tf.add_n([tf.reduce_sum(tf.square(kernel)) for kernel in kernels])
    for electrodes, weather, no2 in stations:
        with tf.GradientTape() as tape:
            predicted = estimate(model, electrodes, weather)
            loss += tf.reduce_mean(tf.square(predicted - no2)) / len(stations)
    return loss, tape.gradient(loss, model.trainable_variables)
