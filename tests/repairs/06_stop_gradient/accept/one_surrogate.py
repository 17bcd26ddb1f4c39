# what = "one sum that has the right gradient, and a stopped correction that gives it the right value"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 4
CURIOSITY = 0.02


def compute_loss(params, states, orders, returns):
    scores, estimates = steer(params, states)
    logs = tf.nn.log_softmax(scores)
    own = tf.gather(logs, orders, batch_dims=1)
    better = returns - tf.stop_gradient(estimates)
    entropy = -tf.reduce_sum(tf.exp(logs) * logs, axis=1)
    pulls = tf.reduce_mean(-(own + estimates) * better - CURIOSITY * entropy)
    value = tf.reduce_mean(-own * better + better**2 / 2 - CURIOSITY * entropy)
    return pulls + tf.stop_gradient(value - pulls)


def loss_and_gradients(params, states, orders, returns):
    with tf.GradientTape() as tape:
        loss = compute_loss(params, states, orders, returns)
    return loss, tape.gradient(loss, params)
