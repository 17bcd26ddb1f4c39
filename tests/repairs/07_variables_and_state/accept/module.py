# what = "tf.Module, which knows tf.Variables, and a function for one hour"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 3
class Valley(tf.Module):
    def __init__(self):
        super().__init__()
        self.log_area = tf.Variable(0.0, name="log_area")
        self.runoff = tf.Variable(0.0, name="runoff")
        self.base = tf.Variable(0.0, name="base")
        self.leak = tf.Variable(FIRST_GUESS, name="leak")


def build_model():
    return Valley()


def one_hour(model, storage, seeping):
    """What the stores hold afterwards, and what the last one let go."""
    outflow = tf.sigmoid(model.leak) * storage
    return storage - outflow + tf.concat([seeping[:, tf.newaxis], outflow[:, :-1]], axis=1), outflow[:, -1]


def forecast(model, rain):
    share = tf.sigmoid(model.runoff)
    storage = tf.zeros((rain.shape[0], STORES))
    arriving = []
    for falling in tf.unstack(tf.convert_to_tensor(rain), axis=1):
        storage, last = one_hour(model, storage, (1.0 - share) * falling)
        arriving.append(share * falling + last)
    return model.base + tf.exp(model.log_area) * tf.stack(arriving, axis=1)
