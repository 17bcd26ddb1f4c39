# what = "tf.function with a signature for the outputs, by XLA for the gradients"
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


@tf.function(jit_compile=True, reduce_retracing=True)
def by_xla(params, states, orders, returns):
    with tf.GradientTape() as tape:
        loss = compute_loss(params, states, orders, returns)
    return loss, tape.gradient(loss, params)


def loss_and_gradients(params, states, orders, returns):
    return by_xla(params, tf.constant(states), tf.constant(orders), tf.constant(returns))
