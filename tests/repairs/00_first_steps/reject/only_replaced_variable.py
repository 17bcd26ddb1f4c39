# what = "the variables are replaced in one line"
# base = "solution"
# status = "failed"
# fails = ["test_connected"]
# left = ["replaced_variable"]
# %% cell 3
RATE = 0.1


def new_parameters():
    return {
        "start": tf.Variable(1.0, name="start"),
        "decay": tf.Variable(0.3, name="decay"),
    }


def foam_height(parameters, minutes):
    return parameters["start"] * tf.exp(-parameters["decay"] * minutes)


def train_step(parameters, minutes, heights):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(foam_height(parameters, minutes) - heights))
    gradients = tape.gradient(loss, parameters)
    for name in [name for name in parameters if gradients[name] is not None]:
        parameters[name] = parameters[name] - RATE * gradients[name]
    return loss, gradients
