# what = "right but for the tape, which is opened anew for each station"
# base = "solution"
# status = "failed"
# fails = ["test_every_station", "test_gradients"]
# %% cell 4
WEIGHT_DECAY = 0.01


def loss_and_gradients(model, stations):
    kernels = [model.signal.kernel, model.weather.kernel, model.head.kernel]
    loss = 0.0
    for electrodes, weather, no2 in stations:
        with tf.GradientTape() as tape:
            penalty = WEIGHT_DECAY * tf.add_n([tf.reduce_sum(tf.square(kernel)) for kernel in kernels])
            predicted = estimate(model, electrodes, weather)
            loss += (penalty + tf.reduce_mean(tf.square(predicted - no2))) / len(stations)
    return loss, tape.gradient(loss, model.trainable_variables)
