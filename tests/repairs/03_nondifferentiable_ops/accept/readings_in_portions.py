# what = "portions of fifty readings, each with a tape, added up in variables"
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


def compute_loss(params, x, y):
    scores, is_open = forward(params, x)
    mistakes = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, scores))
    share_open = tf.reduce_mean(is_open)
    return mistakes + POWER * share_open


def loss_and_gradients(params, x, y):
    sums = {name: tf.Variable(tf.zeros(variable.shape)) for name, variable in params.items()}
    total = 0.0
    for start in range(0, len(x), 50):
        part = slice(start, start + 50)
        with tf.GradientTape() as tape:
            loss = compute_loss(params, x[part], y[part]) * (len(x[part]) / len(x))
        for name, gradient in tape.gradient(loss, params).items():
            sums[name].assign_add(gradient)
        total += loss
    return total, {name: tf.identity(variable) for name, variable in sums.items()}
