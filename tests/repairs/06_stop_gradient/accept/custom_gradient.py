# what = "the bits by a comparison, with a backward pass of their own; the stop around the estimate alone"
# base = "solution"
# status = "passed"
# fails = []
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


@tf.custom_gradient
def sent(level):
    return tf.cast(level > 0.5, tf.float32), lambda upstream: upstream


def send(params, states):
    level = tf.sigmoid(tf.matmul(states, params["wire_kernel"]) + params["wire_bias"])
    return sent(level)


def steer(params, states):
    bits = send(params, states)
    scores = tf.matmul(bits, params["rudder_kernel"]) + params["rudder_bias"]
    estimates = tf.matmul(bits, params["value_kernel"]) + params["value_bias"]
    return scores, tf.squeeze(estimates, axis=1)


# %% cell 4
CURIOSITY = 0.02


def compute_loss(params, states, orders, returns):
    scores, estimates = steer(params, states)
    log_chances = tf.gather(tf.nn.log_softmax(scores), orders, batch_dims=1)
    better = returns - tf.stop_gradient(estimates)
    orders_part = -tf.reduce_mean(log_chances * better)

    error = returns - estimates
    estimate_part = 0.5 * tf.reduce_mean(tf.square(error))

    chances = tf.nn.softmax(scores)
    entropy = -tf.reduce_sum(chances * tf.math.log(chances), axis=1)
    return orders_part + estimate_part - CURIOSITY * tf.reduce_mean(entropy)


def loss_and_gradients(params, states, orders, returns):
    with tf.GradientTape() as tape:
        loss = compute_loss(params, states, orders, returns)
    return loss, tape.gradient(loss, params)
