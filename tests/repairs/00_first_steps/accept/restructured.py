# what = "a class, a persistent tape and one gradient at a time"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 3
class Foam(dict):
    """The parameters, which know how to foam."""

    def height(self, minutes):
        return tf.math.multiply(self["start"], tf.math.exp(tf.math.negative(tf.math.multiply(self["decay"], minutes))))


def new_parameters():
    return Foam(start=tf.Variable(tf.ones(()), name="start"), decay=tf.Variable(tf.fill((), 0.3), name="decay"))


def foam_height(parameters, minutes):
    return Foam(parameters).height(minutes)


def train_step(parameters, minutes, heights):
    with tf.GradientTape(persistent=True) as tape:
        difference = foam_height(parameters, minutes) - tf.convert_to_tensor(heights)
        loss = tf.tensordot(difference, difference, 1) / tf.cast(tf.size(difference), tf.float32)
    gradients = {"decay": tape.gradient(loss, parameters["decay"]), "start": tape.gradient(loss, parameters["start"])}
    for name in sorted(gradients):
        parameters[name].assign_add(-0.1 * gradients[name])
    return loss, gradients
# %% cell 4
parameters = new_parameters()
losses = [float(train_step(parameters, minutes, heights)[0]) for _ in range(60)]
