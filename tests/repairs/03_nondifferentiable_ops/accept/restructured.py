# what = "classes: a Keras layer for each operation, a module for the sensor, the loss taken apart"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 3
class Masked(tf.keras.layers.Layer):
    """Passes `value()` forward; backward, lets a gradient through where `mask()` says so."""

    def call(self, inputs):
        here = tf.cast(self.mask(inputs), inputs.dtype)
        return tf.stop_gradient(self.value(inputs)) + here * (inputs - tf.stop_gradient(inputs))


class Quantize(Masked):
    def value(self, w):
        return tf.clip_by_value(tf.round(w / STEP), -7.0, 7.0) * STEP

    def mask(self, w):
        return tf.abs(w) <= LIMIT


class Binarize(Masked):
    def value(self, z):
        return 2.0 * tf.cast(z > 0.0, z.dtype) - 1.0

    def mask(self, z):
        return tf.abs(z) <= 1.0


class Gate(tf.keras.layers.Layer):
    def call(self, x, threshold):
        distance = tf.subtract(x, threshold)
        curve = 0.5 * (1.0 + tf.tanh(0.5 * SHARPNESS * distance))
        return tf.stop_gradient(tf.cast(distance > 0.0, tf.float32) - curve) + curve


QUANTIZE, BINARIZE, GATE = Quantize(), Binarize(), Gate()


def quantize(w):
    return QUANTIZE(tf.convert_to_tensor(w))


def binarize(z):
    return BINARIZE(tf.convert_to_tensor(z))


def gate(x, threshold):
    return GATE(x, tf.convert_to_tensor(threshold))


# %% cell 4
class Sensor(tf.Module):
    NAMES = ("threshold", "hidden_kernel", "hidden_bias", "output_kernel", "output_bias")

    def __init__(self):
        super().__init__()
        draws = np.random.default_rng(7)
        self.threshold = tf.Variable([0.05] * BANDS, name="threshold")
        self.hidden_kernel = self.normal(draws, 0.35, (BANDS, UNITS), "hidden_kernel")
        self.output_kernel = self.normal(draws, 0.2, (UNITS, STATES), "output_kernel")
        self.hidden_bias = tf.Variable([0.0] * UNITS, name="hidden_bias")
        self.output_bias = tf.Variable([0.0] * STATES, name="output_bias")

    @staticmethod
    def normal(draws, deviation, shape, name):
        return tf.Variable(draws.normal(0.0, deviation, shape).astype(np.float32), name=name)


def init_params():
    sensor = Sensor()
    return {name: getattr(sensor, name) for name in Sensor.NAMES}


def forward(params, x):
    bands = gate(x, params["threshold"])
    bits = binarize(tf.nn.bias_add((x * bands) @ quantize(params["hidden_kernel"]), params["hidden_bias"]))
    return tf.einsum("ru,us->rs", bits, quantize(params["output_kernel"])) + params["output_bias"], bands


def terms(params, x, y):
    scores, bands = forward(params, x)
    chosen = tf.reduce_sum(tf.one_hot(y, STATES) * tf.nn.log_softmax(scores), axis=1)
    yield -tf.reduce_mean(chosen)
    yield POWER * tf.reduce_mean(tf.reduce_sum(bands, axis=1)) / BANDS


def compute_loss(params, x, y):
    return tf.add_n(list(terms(params, x, y)))


def loss_and_gradients(params, x, y):
    names, variables = zip(*params.items())
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(variables)
        loss = compute_loss(params, x, y)
    return loss, dict(zip(names, tape.gradient(loss, variables)))
