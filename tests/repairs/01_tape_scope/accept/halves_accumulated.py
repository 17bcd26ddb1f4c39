# what = "micro-batches: each station in two halves, the tapes' results added up in variables"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 4
WEIGHT_DECAY = 0.01


def loss_and_gradients(model, stations):
    variables = model.trainable_variables
    sums = [tf.Variable(tf.zeros(v.shape), trainable=False) for v in variables]
    total = 0.0

    def add(tape, term):
        for s, g in zip(sums, tape.gradient(term, variables)):
            if g is not None:
                s.assign_add(g)

    with tf.GradientTape() as tape:
        term = sum(WEIGHT_DECAY * tf.reduce_sum(tf.square(v)) for v in variables if len(v.shape) == 2)
    add(tape, term)
    total += term
    for e, w, y in stations:
        half = (len(y) + 1) // 2
        for part in (slice(None, half), slice(half, None)):
            if len(y[part]) == 0:
                continue
            with tf.GradientTape() as tape:
                term = tf.reduce_sum(tf.square(model(e[part], w[part]) - y[part])) / (len(y) * len(stations))
            add(tape, term)
            total += term
    return total, [s.read_value() for s in sums]
