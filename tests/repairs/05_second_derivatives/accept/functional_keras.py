# what = "a functional Keras model in place of the module, and other helpers in another order"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 3
def build_model():
    rng = np.random.default_rng(11)
    kernel = rng.normal(0.0, 1.2, (2, HIDDEN))
    bends = rng.uniform([0.0, 0.0], [WIDTH, HEIGHT], (HIDDEN, 2))
    where = tf.keras.Input((2,))
    hidden = tf.keras.layers.Dense(HIDDEN, activation="tanh", name="hidden")(where)
    psi = tf.keras.layers.Dense(1, use_bias=False, name="output")(hidden)
    model = tf.keras.Model(where, psi)
    model.set_weights([kernel, -np.sum(bends.T * kernel, axis=0), rng.normal(0.0, 0.2, (HIDDEN, 1))])
    return model


def stream_function(model, positions):
    return model(positions)[:, 0]


# %% cell 4
def derivative(function, positions):
    """Of a function that returns one number for each position."""
    with tf.GradientTape() as tape:
        tape.watch(positions)
        values = function(positions)
    return tape.gradient(values, positions)


def vorticity(model, positions):
    at = tf.convert_to_tensor(positions)
    return derivative(lambda p: current(model, p)[:, 1], at)[:, 0] - derivative(lambda p: current(model, p)[:, 0], at)[:, 1]


def current(model, positions):
    slope = derivative(lambda p: stream_function(model, p), tf.convert_to_tensor(positions))
    return tf.stack([slope[:, 1], -slope[:, 0]], axis=1)


# %% cell 8
def speed_change(model, positions):
    return derivative(lambda p: tf.sqrt(tf.reduce_sum(current(model, p) ** 2, axis=1)), tf.convert_to_tensor(positions))
