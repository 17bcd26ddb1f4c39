# what = "each term of the loss has a tape of its own, and the gradients are added up"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 5
def miss(model, buoys, coast):
    return tf.reduce_mean(tf.reduce_sum((current(model, buoys[0]) - buoys[1]) ** 2, axis=1))


def turn(model, buoys, coast):
    return SPIN_WEIGHT * tf.reduce_mean((vorticity(model, buoys[0]) - buoys[2]) ** 2)


def leak(model, buoys, coast):
    return COAST_WEIGHT * tf.reduce_mean(current(model, coast)[:, 1] ** 2)


def compute_loss(model, buoys, coast):
    return sum(term(model, buoys, coast) for term in (leak, turn, miss))


def loss_and_gradients(model, buoys, coast):
    loss, gradients = 0.0, None
    for term in (miss, turn, leak):
        with tf.GradientTape() as tape:
            part = term(model, buoys, coast)
        loss += part
        found = tape.gradient(part, model.trainable_variables)
        gradients = found if gradients is None else [a + b for a, b in zip(gradients, found)]
    return loss, gradients
