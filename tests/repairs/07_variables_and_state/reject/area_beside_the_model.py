# what = "log_area is differentiated and trained, but the model does not know it"
# base = "solution"
# status = "failed"
# fails = ["test_four_quantities", "test_gradients"]
# %% cell 3
class Valley(tf.keras.Model):
    def __init__(self):
        super().__init__()
        guess = tf.keras.initializers.Constant(FIRST_GUESS)
        self.leak = self.add_weight(shape=(STORES,), initializer=guess, name="leak")
        self.runoff = self.add_weight(shape=(), initializer="zeros", name="runoff")
        self.base = self.add_weight(shape=(), initializer="zeros", name="base")
        self.log_area = tf.Variable(0.0, name="log_area")

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


# %% cell 4
def compute_loss(model, rain, water):
    errors = tf.square(forecast(model, rain) - water)
    return tf.reduce_mean(errors) + 0.05 * tf.square(model.log_area)


def loss_and_gradients(model, rain, water):
    with tf.GradientTape() as tape:
        loss = compute_loss(model, rain, water)
    quantities = [*model.trainable_variables, model.log_area]
    names = [variable.name.split(":")[0] for variable in quantities]
    return loss, dict(zip(names, tape.gradient(loss, quantities)))


# %% cell 6
optimizer = tf.keras.optimizers.Adam(0.25, beta_1=0.7)
losses = []
for step in range(15):
    loss, gradients = loss_and_gradients(model, rain, water)
    pairs = zip(gradients.values(), [*model.trainable_variables, model.log_area])
    optimizer.apply_gradients([(gradient, variable) for gradient, variable in pairs if gradient is not None])
    losses.append(float(loss))

print(f"loss: {losses[0]:.2f} -> {losses[-1]:.2f}\n")
print(f"each hour a store lets go: {np.round(tf.sigmoid(model.leak), 2)}, really {TRUE_LEAK}")
print(f"share that runs off:       {tf.sigmoid(model.runoff):.2f}, really {TRUE_SHARE}")
print(f"size of the valley:        {tf.exp(model.log_area):.2f}, really {TRUE_AREA}")
print(f"always there:              {float(model.base):.2f}, really {TRUE_BASE}")
