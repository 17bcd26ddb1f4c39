# what = "one tape, the Jacobian of all stations' errors, and the penalty's derivative by its formula"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 4
WEIGHT_DECAY = 0.01


def loss_and_gradients(model, stations):
    variables = model.trainable_variables
    with tf.GradientTape(persistent=True) as tape:
        errors = tf.stack([tf.reduce_mean((estimate(model, e, w) - no2) ** 2) for e, w, no2 in stations])
    gradients = [tf.reduce_mean(one, axis=0) for one in tape.jacobian(errors, variables, experimental_use_pfor=False)]
    loss = tf.reduce_mean(errors)
    for index, variable in enumerate(variables):
        if variable.path.endswith("kernel"):
            loss += WEIGHT_DECAY * tf.reduce_sum(variable**2)
            gradients[index] += 2.0 * WEIGHT_DECAY * variable
    return loss, gradients


# %% cell 8
def weather_sensitivity(model, electrodes, readings):
    readings = tf.constant(readings)
    with tf.GradientTape() as tape:
        tape.watch(readings)
        predicted = estimate(model, electrodes, (readings - WEATHER_MEAN) / WEATHER_SPREAD)[:, None]
    return tf.squeeze(tape.batch_jacobian(predicted, readings), axis=1)
