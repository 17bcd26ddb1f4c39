# what = "the sensitivity's columns in the wrong order"
# base = "solution"
# status = "failed"
# fails = ["test_sensitivity"]
# %% cell 8
def weather_sensitivity(model, electrodes, readings):
    readings = tf.convert_to_tensor(readings)
    with tf.GradientTape() as tape:
        tape.watch(readings)
        predicted = estimate(model, electrodes, (readings - WEATHER_MEAN) / WEATHER_SPREAD)
    return tape.gradient(predicted, readings)[:, ::-1]
