# what = "the right formulas in NumPy, for the outputs' parameters; those of the wires by differences of the level"
# base = "solution"
# status = "failed"
# fails = ["test_from_tape"]
# cheat = true
# %% cell 4
CURIOSITY = 0.02


def compute_loss(params, states, orders, returns):
    scores, estimates = steer(params, states)
    log_chances = tf.gather(tf.nn.log_softmax(scores), orders, batch_dims=1)
    better = tf.stop_gradient(returns - estimates)
    orders_part = -tf.reduce_mean(log_chances * better)

    error = returns - estimates
    estimate_part = 0.5 * tf.reduce_mean(tf.square(error))

    chances = tf.nn.softmax(scores)
    entropy = -tf.reduce_sum(chances * tf.math.log(chances), axis=1)
    return orders_part + estimate_part - CURIOSITY * tf.reduce_mean(entropy)


def loss_and_gradients(params, states, orders, returns):
    at = {name: np.array(variable, dtype="float64") for name, variable in params.items()}
    level = 1 / (1 + np.exp(-(states @ at["wire_kernel"] + at["wire_bias"])))
    bits = np.round(level)
    scores = bits @ at["rudder_kernel"] + at["rudder_bias"]
    chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    better = returns - (bits @ at["value_kernel"])[:, 0] - at["value_bias"]
    curious = CURIOSITY * chances * (np.log(chances) - (chances * np.log(chances)).sum(axis=1, keepdims=True))
    by_scores = ((chances - np.eye(3)[orders]) * better[:, None] + curious) / len(orders)
    by_estimates = -better[:, None] / len(orders)
    by_bits = by_scores @ at["rudder_kernel"].T + by_estimates @ at["value_kernel"].T
    by_inner = by_bits * level * (1 - level)
    found = {
        "wire_kernel": states.T @ by_inner,
        "wire_bias": by_inner.sum(axis=0),
        "rudder_kernel": bits.T @ by_scores,
        "rudder_bias": by_scores.sum(axis=0),
        "value_kernel": bits.T @ by_estimates,
        "value_bias": by_estimates.sum(axis=0),
    }
    gradients = {name: tf.constant(value, tf.float32) for name, value in found.items()}
    return compute_loss(params, states, orders, returns), gradients
