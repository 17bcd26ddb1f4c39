# what = "the height is never negative"
# base = "solution"
# status = "failed"
# fails = ["test_forward", "test_from_tape"]
# %% cell 3
RATE = 0.1


def new_parameters():
    return {"start": tf.Variable(1.0, name="start"), "decay": tf.Variable(0.3, name="decay")}


def foam_height(parameters, minutes):
    return tf.exp(tf.math.log(tf.maximum(parameters["start"], 1e-6)) - parameters["decay"] * minutes)


def train_step(parameters, minutes, heights):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(foam_height(parameters, minutes) - heights))
    gradients = tape.gradient(loss, parameters)
    for name, gradient in gradients.items():
        parameters[name].assign_sub(RATE * gradient)
    return loss, gradients
