# what = "the trained model has another name, and its training lies in a function"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 4
WEIGHT_DECAY = 0.01


def loss_and_gradients(model, stations):
    with tf.GradientTape() as tape:
        penalty = tf.add_n([tf.reduce_sum(layer.kernel**2) for layer in model.layers])
        errors = [tf.reduce_mean((estimate(model, e, w) - no2) ** 2) for e, w, no2 in stations]
        loss = WEIGHT_DECAY * penalty + tf.add_n(errors) / len(errors)
    return loss, tape.gradient(loss, model.trainable_variables)


# %% cell 6
def train(network, steps=20):
    optimizer = tf.keras.optimizers.Adam(learning_rate=0.08)
    for step in range(steps):
        loss, gradients = loss_and_gradients(network, stations)
        optimizer.apply_gradients(zip(gradients, network.trainable_variables))
    return network


calibration = train(build_model())
# %% cell 7
for electrodes, weather, no2 in stations:
    print(PPB * np.sqrt(np.mean((estimate(calibration, electrodes, weather).numpy() - no2) ** 2)))
