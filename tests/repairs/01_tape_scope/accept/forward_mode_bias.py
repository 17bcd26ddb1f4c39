# what = "the tape for the arrays, forward mode for the bias of the head"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 4
WEIGHT_DECAY = 0.01


def loss_of(model, stations):
    penalty = tf.add_n([tf.reduce_sum(layer.kernel**2) for layer in model.layers])
    errors = [tf.reduce_mean((estimate(model, e, w) - no2) ** 2) for e, w, no2 in stations]
    return WEIGHT_DECAY * penalty + tf.add_n(errors) / len(errors)


def loss_and_gradients(model, stations):
    *arrays, bias = model.trainable_variables
    with tf.GradientTape() as tape:
        loss = loss_of(model, stations)
    gradients = tape.gradient(loss, arrays)
    with tf.autodiff.ForwardAccumulator(bias._value, tf.ones(1)) as forward:
        again = loss_of(model, stations)
        slope = forward.jvp(again)
    return loss, [*gradients, tf.reshape(slope, [1])]
