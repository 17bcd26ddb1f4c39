# what = "one parameter's gradient has the wrong sign"
# base = "solution"
# status = "failed"
# fails = ["test_from_tape"]
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
    with tf.GradientTape() as tape:
        loss = compute_loss(params, states, orders, returns)
    found = tape.gradient(loss, params)
    return loss, {**found, "value_bias": -found["value_bias"]}
