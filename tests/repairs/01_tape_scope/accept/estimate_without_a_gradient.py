# what = "estimate stops the gradient; the loss and the sensitivity call the model itself"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 3
HIDDEN = 8


class Calibration(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.signal = tf.keras.layers.Dense(HIDDEN, activation="tanh", name="signal")
        self.weather = tf.keras.layers.Dense(HIDDEN, activation="tanh", name="weather")
        self.head = tf.keras.layers.Dense(1, name="head")
        self.signal.build((None, 2))
        self.weather.build((None, 2))
        self.head.build((None, HIDDEN))

    def call(self, electrodes, weather):
        return tf.squeeze(self.head(self.signal(electrodes) * (1.0 + self.weather(weather))), axis=1)


def build_model():
    return Calibration()


def estimate(model, electrodes, weather):
    return tf.stop_gradient(model(electrodes, weather))


# %% cell 4
WEIGHT_DECAY = 0.01


def loss_and_gradients(model, stations):
    with tf.GradientTape() as tape:
        penalty = tf.add_n([tf.reduce_sum(layer.kernel**2) for layer in model.layers])
        errors = [tf.reduce_mean((model(e, w) - no2) ** 2) for e, w, no2 in stations]
        loss = WEIGHT_DECAY * penalty + tf.add_n(errors) / len(errors)
    gradients = tape.gradient(loss, model.trainable_variables)
    return loss, gradients


# %% cell 8
def weather_sensitivity(model, electrodes, readings):
    readings = tf.convert_to_tensor(readings)
    with tf.GradientTape() as tape:
        tape.watch(readings)
        weather = (readings - WEATHER_MEAN) / WEATHER_SPREAD
        predicted = model(electrodes, weather)
    return tape.gradient(predicted, readings)
