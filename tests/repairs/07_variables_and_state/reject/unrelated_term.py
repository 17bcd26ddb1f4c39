# what = "runoff is tied to the loss by a term that is always zero"
# base = "solution"
# status = "failed"
# fails = ["test_share", "test_gradients"]
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
        share = tf.Variable(tf.sigmoid(self.runoff), name="share")
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


# %% cell 4
def compute_loss(model, rain, water):
    errors = tf.square(forecast(model, rain) - water)
    return tf.reduce_mean(errors) + 0.05 * tf.square(model.log_area) + model.runoff - tf.stop_gradient(model.runoff)


def loss_and_gradients(model, rain, water):
    with tf.GradientTape() as tape:
        loss = compute_loss(model, rain, water)
    quantities = model.trainable_variables
    names = [variable.name.split(":")[0] for variable in quantities]
    return loss, dict(zip(names, tape.gradient(loss, quantities)))
