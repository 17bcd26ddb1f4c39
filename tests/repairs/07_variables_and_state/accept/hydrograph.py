# what = "the response to a single hour of rain is followed once, and the rain folded with it"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 3
class Valley(tf.keras.Model):
    def __init__(self):
        super().__init__()
        guess = tf.keras.initializers.Constant(FIRST_GUESS)
        self.leak = self.add_weight(shape=(STORES,), initializer=guess, name="leak")
        self.runoff = self.add_weight(shape=(), initializer="zeros", name="runoff")
        self.base = self.add_weight(shape=(), initializer="zeros", name="base")
        self.log_area = self.add_weight(shape=(), initializer="zeros", name="log_area")

    def call(self, rain):
        leak = tf.sigmoid(self.leak)
        share = tf.sigmoid(self.runoff)
        storage = tf.zeros((len(rain), STORES))
        seeping = (1.0 - share) * rain
        arriving = []
        for hour in range(rain.shape[1]):
            outflow = leak * storage
            inflow = tf.concat([seeping[:, hour, tf.newaxis], outflow[:, :-1]], axis=1)
            arriving.append(outflow[:, -1])
            storage = storage - outflow + inflow
        return self.base + tf.exp(self.log_area) * (share * rain + tf.stack(arriving, axis=1))


def build_model():
    return Valley()


def response(leak, hours):
    """What the last store lets go in each hour, after 1 mm has seeped into the first in the hour before the first."""
    storage, found = tf.one_hot(0, STORES), []
    for _ in range(hours):
        outflow = leak * storage
        storage = storage - outflow + tf.concat([[0.0], outflow[:-1]], axis=0)
        found.append(outflow[-1])
    return found


def forecast(model, rain):
    rain = tf.convert_to_tensor(rain)
    hours, share = rain.shape[1], tf.sigmoid(model.runoff)
    late = [tf.pad(rain, [[0, 0], [delay, 0]])[:, :hours] for delay in range(1, hours)]
    seeping = [(1.0 - share) * weight * part for weight, part in zip(response(tf.sigmoid(model.leak), hours - 1), late)]
    return model.base + tf.exp(model.log_area) * (share * rain + sum(seeping, tf.zeros_like(rain)))
