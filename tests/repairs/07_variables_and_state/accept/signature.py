# what = "one compiled function of tensors for any number of rainfalls and hours, with a TensorArray"
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


NUMBER, ROWS = tf.TensorSpec(()), tf.TensorSpec((None, None))


@tf.function(input_signature=[tf.TensorSpec((STORES,)), NUMBER, NUMBER, NUMBER, ROWS])
def follow(leak, share, area, base, rain):
    rainfalls, hours = tf.shape(rain)[0], tf.shape(rain)[1]
    storage = tf.zeros((rainfalls, STORES))
    arriving = tf.TensorArray(tf.float32, size=hours)
    for hour in tf.range(hours):
        outflow = leak * storage
        inflow = tf.concat([(1.0 - share) * rain[:, hour, tf.newaxis], outflow[:, :-1]], axis=1)
        arriving = arriving.write(hour, share * rain[:, hour] + outflow[:, -1])
        storage = tf.ensure_shape(storage - outflow + inflow, (None, STORES))
    return base + area * tf.transpose(arriving.stack())


def forecast(model, rain):
    share, area = tf.sigmoid(model.runoff), tf.exp(model.log_area)
    return follow(tf.sigmoid(model.leak), share, area, tf.convert_to_tensor(model.base), tf.convert_to_tensor(rain))
