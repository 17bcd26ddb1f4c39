# what = "the sensitivity by the standardised weather, not by °C and %"
# base = "solution"
# status = "failed"
# fails = ["test_sensitivity"]
# %% cell 8
def weather_sensitivity(model, electrodes, readings):
    weather = tf.convert_to_tensor((readings - WEATHER_MEAN) / WEATHER_SPREAD)
    with tf.GradientTape() as tape:
        tape.watch(weather)
        predicted = estimate(model, electrodes, weather)
    return tape.gradient(predicted, weather)
