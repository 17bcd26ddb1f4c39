# what = "vectorized_map over a function that was traced before"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 8
traced = {}


def weather_sensitivity(model, electrodes, readings):
    if id(model) not in traced:

        @tf.function(input_signature=[tf.TensorSpec([2]), tf.TensorSpec([2])])
        def slope(e, r):
            with tf.GradientTape() as tape:
                tape.watch(r)
                y = estimate(model, e[None], ((r - WEATHER_MEAN) / WEATHER_SPREAD)[None])
            return tape.gradient(y, r)

        slope(tf.zeros(2), tf.zeros(2))
        traced[id(model)] = slope, model
    slope, _ = traced[id(model)]
    return tf.vectorized_map(lambda row: slope(*row), (tf.constant(electrodes), tf.constant(readings)))
