# what = "gradients of two halves of the moments added up"
# base = "solution"
# status = "passed"
# fails = []
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
    total = {name: tf.zeros_like(variable) for name, variable in params.items()}
    whole = 0.0
    for half in np.array_split(np.arange(len(orders)), 2):
        if len(half):
            with tf.GradientTape() as tape:
                loss = compute_loss(params, states[half], orders[half], returns[half]) * (len(half) / len(orders))
            whole += loss
            total = {name: total[name] + gradient for name, gradient in tape.gradient(loss, params).items()}
    return whole, total
