# what = "log_area stays a tf.Variable, and the model's own list is extended by it"
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
        self.log_area = tf.Variable(0.0, name="log_area")

    @property
    def trainable_variables(self):
        return [*super().trainable_variables, self.log_area]

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


def forecast(model, rain):
    """The water in the brook, hour by hour."""
    return model(tf.convert_to_tensor(rain))
