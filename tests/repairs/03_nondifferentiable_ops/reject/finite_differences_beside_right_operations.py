# what = "a right loss, but gradients by numerical differences instead of a tape"
# base = "solution"
# status = "failed"
# fails = ["test_from_tape"]
# cheat = true
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
    loss = compute_loss(params, x, y)
    gradients = {}
    for name, variable in params.items():
        kept, slopes = variable.numpy(), np.zeros(variable.shape, np.float32)
        for index in np.ndindex(slopes.shape):
            move = np.zeros_like(slopes)
            move[index] = 0.13
            variable.assign(kept + move)
            slopes[index] = (compute_loss(params, x, y) - loss) / 0.13
        variable.assign(kept)
        gradients[name] = tf.constant(slopes)
    return loss, gradients


# %% cell 5
STEPS, LEARNING_RATE = 1, 0.6

params = init_params()
losses = []
for step in range(STEPS):
    loss, gradients = loss_and_gradients(params, x_train, y_train)
    losses.append(float(loss))
    for name, variable in params.items():
        if gradients[name] is not None:
            variable.assign_sub(LEARNING_RATE * gradients[name])

print(f"loss: {losses[0]:.3f} at the first step, {losses[-1]:.3f} at the last")
