# what = "loss, gradients and sensitivity compiled by tf.function"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 4
WEIGHT_DECAY = 0.01


@tf.function(reduce_retracing=True)
def loss_and_gradients(model, stations):
    with tf.GradientTape() as tape:
        squares = [tf.reduce_sum(tf.square(v)) for v in model.trainable_variables if v.path.endswith("kernel")]
        errors = [tf.reduce_mean((estimate(model, e, w) - no2) ** 2) for e, w, no2 in stations]
        loss = WEIGHT_DECAY * tf.add_n(squares) + tf.add_n(errors) / len(errors)
    return loss, tape.gradient(loss, model.trainable_variables)


# %% cell 8
@tf.function
def weather_sensitivity(model, electrodes, readings):
    with tf.GradientTape() as tape:
        tape.watch(readings)
        predicted = tf.reduce_sum(estimate(model, electrodes, (readings - WEATHER_MEAN) / WEATHER_SPREAD))
    return tape.gradient(predicted, readings)
