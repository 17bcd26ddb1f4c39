# what = "the wires are stopped on their way to the estimate"
# base = "solution"
# status = "failed"
# fails = ["test_wires", "test_gradients"]
# %% cell 3
def new_parameters():
    draw = np.random.default_rng(3)
    values = {
        "wire_kernel": draw.normal(0.0, 1.5, (3, 8)),
        "wire_bias": draw.normal(0.0, 0.1, 8),
        "rudder_kernel": draw.normal(0.0, 0.3, (8, 3)),
        "rudder_bias": np.zeros(3),
        "value_kernel": draw.normal(0.0, 0.3, (8, 1)),
        "value_bias": np.zeros(1),
    }
    return {name: tf.Variable(value, name=name, dtype=tf.float32) for name, value in values.items()}


def send(params, states):
    level = tf.sigmoid(tf.matmul(states, params["wire_kernel"]) + params["wire_bias"])
    return level + tf.stop_gradient(tf.round(level) - level)


def steer(params, states):
    bits = send(params, states)
    scores = tf.matmul(bits, params["rudder_kernel"]) + params["rudder_bias"]
    estimates = tf.matmul(tf.stop_gradient(bits), params["value_kernel"]) + params["value_bias"]
    return scores, tf.squeeze(estimates, axis=1)
