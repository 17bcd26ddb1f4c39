# what = "the variables without a gradient are left out of the list"
# base = "original"
# status = "failed"
# fails = ["test_connected", "test_penalty", "test_every_station", "test_sensitivity", "test_gradients"]
# %% cell 4
WEIGHT_DECAY = 0.01


def loss_and_gradients(model, stations):
    kernels = [model.signal.kernel, model.weather.kernel, model.head.kernel]
    loss = WEIGHT_DECAY * tf.add_n([tf.reduce_sum(tf.square(kernel)) for kernel in kernels])
    gains = [1.0 + model.weather(weather) for _, weather, _ in stations]
    for (electrodes, _, no2), gain in zip(stations, gains):
        with tf.GradientTape() as tape:
            predicted = tf.squeeze(model.head(model.signal(electrodes) * gain), axis=1)
            loss += tf.reduce_mean(tf.square(predicted - no2)) / len(stations)
    return loss, [gradient for gradient in tape.gradient(loss, model.trainable_variables) if gradient is not None]


# %% cell 6
optimizer = tf.keras.optimizers.Adam(learning_rate=0.04)
losses = []
learning = [*model.signal.trainable_variables, *model.head.trainable_variables]
for step in range(30):
    loss, gradients = loss_and_gradients(model, stations)
    optimizer.apply_gradients(zip(gradients, learning))
    losses.append(float(loss))
