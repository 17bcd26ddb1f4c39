# what = "each term of the loss on a tape of its own, the gradients added up"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 4
def init_params():
    rng = np.random.default_rng(7)
    values = {
        "threshold": np.full(BANDS, 0.05),
        "hidden_kernel": rng.normal(0.0, 0.35, (BANDS, UNITS)),
        "hidden_bias": np.zeros(UNITS),
        "output_kernel": rng.normal(0.0, 0.2, (UNITS, STATES)),
        "output_bias": np.zeros(STATES),
    }
    return {name: tf.Variable(value, name=name, dtype=tf.float32) for name, value in values.items()}


def forward(params, x):
    """One score for each state, and which gates were open."""
    is_open = gate(x, params["threshold"])
    hidden = tf.matmul(x * is_open, quantize(params["hidden_kernel"])) + params["hidden_bias"]
    scores = tf.matmul(binarize(hidden), quantize(params["output_kernel"])) + params["output_bias"]
    return scores, is_open


def mistakes_of(params, x, y):
    scores, _ = forward(params, x)
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, scores))


def power_bill(params, x):
    return POWER * tf.reduce_sum(gate(x, params["threshold"])) / tf.cast(tf.size(x), tf.float32)


def compute_loss(params, x, y):
    return mistakes_of(params, x, y) + power_bill(params, x)


def loss_and_gradients(params, x, y):
    with tf.GradientTape() as first:
        mistakes = mistakes_of(params, x, y)
    with tf.GradientTape() as second:
        bill = power_bill(params, x)
    gradients = first.gradient(mistakes, params)
    gradients["threshold"] += second.gradient(bill, params["threshold"])
    return mistakes + bill, gradients
