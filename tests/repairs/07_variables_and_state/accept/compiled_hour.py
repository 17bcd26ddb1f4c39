# what = "jit_compile for one hour; Python goes from hour to hour"
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


@tf.function(jit_compile=True)
def one_hour(storage, seeping, leak):
    outflow = leak * storage
    return storage - outflow + tf.concat([seeping, outflow[:, :-1]], axis=1), outflow[:, -1]


def forecast(model, rain):
    rain = tf.convert_to_tensor(rain)
    leak, share = tf.sigmoid(model.leak), tf.sigmoid(model.runoff)
    storage, last, arriving = tf.zeros((rain.shape[0], STORES)), tf.zeros(rain.shape[0]), []
    for hour in range(rain.shape[1]):
        storage, last = one_hour(storage, (1.0 - share) * rain[:, hour : hour + 1], leak)
        arriving.append(last)
    return model.base + tf.exp(model.log_area) * (share * rain + tf.stack(arriving, axis=1))
