# what = "the tape for five of the parameters, forward mode for the estimate's bias"
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
    others = {name: variable for name, variable in params.items() if name != "value_bias"}
    with tf.GradientTape() as tape:
        loss = compute_loss(params, states, orders, returns)
    gradients = tape.gradient(loss, others)
    with tf.autodiff.ForwardAccumulator(params["value_bias"], tf.ones(1)) as forward:
        again = compute_loss(params, states, orders, returns)
    return loss, {**gradients, "value_bias": tf.reshape(forward.jvp(again), [1])}
