# what = "a mean over all hours: right only where all stations ran equally long"
# base = "solution"
# status = "failed"
# fails = ["test_forward", "test_every_station", "test_gradients"]
# %% cell 4
WEIGHT_DECAY = 0.01


def loss_and_gradients(model, stations):
    electrodes, weather, no2 = (tf.concat(parts, axis=0) for parts in zip(*stations))
    kernels = [model.signal.kernel, model.weather.kernel, model.head.kernel]
    with tf.GradientTape() as tape:
        loss = WEIGHT_DECAY * tf.add_n([tf.reduce_sum(tf.square(kernel)) for kernel in kernels])
        loss += tf.reduce_mean(tf.square(estimate(model, electrodes, weather) - no2))
    return loss, tape.gradient(loss, model.trainable_variables)
