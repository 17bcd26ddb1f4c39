# what = "no Keras: plain variables in a tf.Module, gradient descent with momentum by hand, one scope for everything"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 3
class Calibration(tf.Module):
    def __init__(self):
        super().__init__()
        draw = np.random.default_rng(5)
        sizes = {"signal": (2, 8), "weather": (2, 8), "head": (8, 1)}
        self.parts = {}
        for name, (rows, columns) in sizes.items():
            kernel = draw.normal(0.0, 0.5, (rows, columns))
            self.parts[name + "/kernel"] = tf.Variable(kernel, name=name + "/kernel", dtype=tf.float32)
            self.parts[name + "/bias"] = tf.Variable(tf.zeros(columns), name=name + "/bias")

    def affine(self, name, x):
        return tf.linalg.matmul(x, self.parts[name + "/kernel"]) + self.parts[name + "/bias"]


def build_model():
    return Calibration()


def estimate(model, electrodes, weather):
    signal = tf.tanh(model.affine("signal", electrodes))
    return model.affine("head", signal + signal * tf.tanh(model.affine("weather", weather)))[:, 0]


# %% cell 4
def objective(model, stations):
    total = tf.constant(0.0)
    for name, variable in model.parts.items():
        if name.endswith("kernel"):
            total += 0.01 * tf.reduce_sum(variable * variable)
    for electrodes, weather, no2 in stations:
        difference = estimate(model, electrodes, weather) - no2
        total += tf.tensordot(difference, difference, 1) / (len(no2) * len(stations))
    return total


def derivative(function, by):
    with tf.GradientTape() as tape:
        tape.watch(by)
        value = function()
    return value, tape.gradient(value, by)


def loss_and_gradients(model, stations):
    loss, gradients = derivative(lambda: objective(model, stations), list(model.trainable_variables))
    return loss, gradients


# %% cell 5
model = build_model()
print([v.name for v in model.trainable_variables])
# %% cell 6
losses = []
velocity = [tf.zeros_like(v) for v in model.trainable_variables]
for step in range(30):
    loss, gradients = loss_and_gradients(model, stations)
    losses.append(float(loss))
    velocity = [0.8 * old - 0.1 * gradient for old, gradient in zip(velocity, gradients)]
    for variable, change in zip(model.trainable_variables, velocity):
        variable.assign_add(change)


# %% cell 8
def weather_sensitivity(model, electrodes, readings):
    readings = tf.constant(readings)
    return derivative(lambda: estimate(model, electrodes, (readings - WEATHER_MEAN) / WEATHER_SPREAD), readings)[1]
