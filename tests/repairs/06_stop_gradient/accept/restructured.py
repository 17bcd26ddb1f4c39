# what = "parameters in another order, helpers renamed, products by einsum, the three parts apart, steps with momentum"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 3
def new_parameters():
    draw = np.random.default_rng(8)
    shapes = {
        "value_bias": (1,),
        "value_kernel": (8, 1),
        "rudder_bias": (3,),
        "rudder_kernel": (8, 3),
        "wire_bias": (8,),
        "wire_kernel": (3, 8),
    }
    sizes = {"value_kernel": 0.3, "rudder_kernel": 0.3, "wire_kernel": 1.5}
    return {
        name: tf.Variable(draw.normal(0.0, sizes.get(name, 0.01), shape).astype("float32"), name=name)
        for name, shape in shapes.items()
    }


def affine(params, name, x):
    return tf.einsum("ni,ij->nj", x, params[name + "_kernel"]) + params[name + "_bias"]


def steer(params, states):
    level = 0.5 + 0.5 * tf.tanh(0.5 * affine(params, "wire", states))
    on = tf.where(level > 0.5, tf.ones_like(level), tf.zeros_like(level))
    cable = tf.stop_gradient(on - level) + level
    return affine(params, "rudder", cable), affine(params, "value", cable)[:, 0]


# %% cell 4
def parts(params, states, orders, returns):
    scores, expected = steer(params, states)
    log_p = scores - tf.reduce_logsumexp(scores, axis=1, keepdims=True)
    surprise = returns - expected
    own = tf.reduce_sum(log_p * tf.one_hot(orders, 3), axis=1)
    yield -own * tf.stop_gradient(surprise)
    yield surprise * surprise / 2.0
    yield 0.02 * tf.reduce_sum(tf.exp(log_p) * log_p, axis=1)


def compute_loss(params, states, orders, returns):
    return tf.add_n([tf.reduce_mean(part) for part in parts(params, states, orders, returns)])


def loss_and_gradients(params, states, orders, returns):
    names = sorted(params)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch([params[name] for name in names])
        loss = compute_loss(params, states, orders, returns)
    return loss, dict(zip(names, tape.gradient(loss, [params[name] for name in names])))


# %% cell 5
params = new_parameters()
costs, errors, velocity = [], [], {name: 0.0 for name in params}
for crossing in range(40):
    states, orders, returns, cost = cross(draw_order(params), FERRIES, rng)
    errors.append(0.0)
    costs.append(cost)
    loss, gradients = loss_and_gradients(params, states, orders, returns)
    for name, gradient in gradients.items():
        velocity[name] = 0.6 * velocity[name] - 0.2 * gradient
        params[name].assign_add(velocity[name])
