# what = "the whole step compiled by tf.function, the operations too"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 3
def straight_through(value, surrogate):
    """`value` on the way forward, the derivative of `surrogate` on the way back."""
    return tf.stop_gradient(value) + (surrogate - tf.stop_gradient(surrogate))


@tf.function
def quantize(w):
    """The 4-bit weights that the chip stores in place of `w`."""
    w = tf.clip_by_value(w, -LIMIT, LIMIT)
    return straight_through(tf.round(w / STEP) * STEP, w)


@tf.function
def binarize(z):
    """The single bit that a hidden unit sends."""
    return straight_through(tf.sign(z), tf.clip_by_value(z, -1.0, 1.0))


@tf.function
def gate(x, threshold):
    """1 where a band is loud enough to be let in, 0 where it is shut out."""
    return straight_through(tf.cast(x > threshold, tf.float32), tf.sigmoid(SHARPNESS * (x - threshold)))


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


@tf.function
def loss_and_gradients(params, x, y):
    with tf.GradientTape() as tape:
        loss = compute_loss(params, x, y)
    gradients = tape.gradient(loss, params)
    return loss, gradients
