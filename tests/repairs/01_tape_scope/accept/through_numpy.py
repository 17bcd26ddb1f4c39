# what = "the tapes' results are added up in NumPy"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 4
WEIGHT_DECAY = 0.01


def loss_and_gradients(model, stations):
    variables = model.trainable_variables
    sums = [np.zeros(v.shape, "float64") for v in variables]
    total = 0.0
    for i, (e, w, y) in enumerate(stations):
        with tf.GradientTape() as tape:
            term = tf.reduce_mean((model(e, w) - y) ** 2) / len(stations)
            if i == 0:
                term += WEIGHT_DECAY * tf.add_n([tf.reduce_sum(layer.kernel**2) for layer in model.layers])
        for s, g in zip(sums, tape.gradient(term, variables)):
            s += g.numpy()
        total += float(term)
    return tf.constant(total, tf.float32), [tf.constant(s, tf.float32) for s in sums]


# %% cell 8
def weather_sensitivity(model, electrodes, readings):
    scaled = tf.convert_to_tensor((readings - WEATHER_MEAN) / WEATHER_SPREAD)
    with tf.GradientTape() as tape:
        tape.watch(scaled)
        predicted = estimate(model, electrodes, scaled)
    return tape.gradient(predicted, scaled).numpy() / WEATHER_SPREAD
