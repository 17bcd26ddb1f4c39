# what = "the sensitivity by finite differences: one degree warmer, one percent damper"
# base = "solution"
# status = "failed"
# fails = ["test_from_tape"]
# cheat = true
# %% cell 8
def weather_sensitivity(model, electrodes, readings):
    def at(values):
        return estimate(model, electrodes, (values - WEATHER_MEAN) / WEATHER_SPREAD)

    now = at(readings)
    return tf.stack([at(readings + step) - now for step in np.eye(2, dtype="float32")], axis=1)
