# what = "right but for the readings, which are standardised before the tape opens"
# base = "solution"
# status = "failed"
# fails = ["test_sensitivity"]
# %% cell 8
def weather_sensitivity(model, electrodes, readings):
    readings = tf.convert_to_tensor(readings)
    weather = (readings - WEATHER_MEAN) / WEATHER_SPREAD
    with tf.GradientTape() as tape:
        tape.watch(readings)
        predicted = estimate(model, electrodes, weather)
    return tape.gradient(predicted, readings)
