# what = "right but for the penalty, which is computed before the tape opens"
# base = "solution"
# status = "failed"
# fails = ["test_penalty", "test_gradients"]
# %% cell 4
WEIGHT_DECAY = 0.01


def loss_and_gradients(model, stations):
    kernels = [model.signal.kernel, model.weather.kernel, model.head.kernel]
    loss = WEIGHT_DECAY * tf.add_n([tf.reduce_sum(tf.square(kernel)) for kernel in kernels])
    with tf.GradientTape() as tape:
        for electrodes, weather, no2 in stations:
            predicted = estimate(model, electrodes, weather)
            loss += tf.reduce_mean(tf.square(predicted - no2)) / len(stations)
    return loss, tape.gradient(loss, model.trainable_variables)
