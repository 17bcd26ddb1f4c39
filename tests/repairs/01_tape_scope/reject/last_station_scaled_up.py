# what = "the last station's gradient multiplied to stand for all of them"
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
            loss += (penalty + tf.reduce_mean(tf.square(estimate(model, electrodes, weather) - no2))) / len(stations)
    return loss, [len(stations) * gradient for gradient in tape.gradient(loss, model.trainable_variables)]
