# what = "the number of stations written into the loss: right for four"
# base = "solution"
# status = "failed"
# fails = ["test_forward", "test_penalty", "test_every_station", "test_gradients"]
# %% cell 4
WEIGHT_DECAY = 0.01


def loss_and_gradients(model, stations):
    kernels = [model.signal.kernel, model.weather.kernel, model.head.kernel]
    with tf.GradientTape() as tape:
        loss = WEIGHT_DECAY * tf.add_n([tf.reduce_sum(tf.square(kernel)) for kernel in kernels])
        for electrodes, weather, no2 in stations:
            loss += tf.reduce_mean(tf.square(estimate(model, electrodes, weather) - no2)) / 4.0
    return loss, tape.gradient(loss, model.trainable_variables)
