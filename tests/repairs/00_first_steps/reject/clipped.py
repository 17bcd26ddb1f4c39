# what = "gradients are cut off at 1, which the notebook's own seldom exceed"
# base = "solution"
# status = "failed"
# fails = ["test_from_tape"]
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
    for name, gradient in gradients.items():
        gradients[name] = tf.clip_by_value(gradient, -1.0, 1.0)
        parameters[name].assign_sub(RATE * gradients[name])
    return loss, gradients
