# what = "the sensitivity by finite differences in float32"
# base = "solution"
# status = "failed"
# fails = ["test_sensitivity"]
# %% cell 8
def weather_sensitivity(model, electrodes, readings):
    columns = []
    for step in np.eye(2, dtype="float32"):
        above = estimate(model, electrodes, (readings + 0.5 * step - WEATHER_MEAN) / WEATHER_SPREAD)
        below = estimate(model, electrodes, (readings - 0.5 * step - WEATHER_MEAN) / WEATHER_SPREAD)
        columns.append(above - below)
    return tf.stack(columns, axis=1)
