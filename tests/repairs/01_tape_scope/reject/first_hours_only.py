# what = "no station's hours after the 96th count"
# base = "solution"
# status = "failed"
# fails = ["test_forward", "test_gradients"]
# %% cell 4
WEIGHT_DECAY = 0.01


def loss_and_gradients(model, stations):
    first = [(e[:96], w[:96], no2[:96]) for e, w, no2 in stations]
    with tf.GradientTape() as tape:
        penalty = tf.add_n([tf.reduce_sum(layer.kernel**2) for layer in model.layers])
        errors = [tf.reduce_mean((estimate(model, e, w) - no2) ** 2) for e, w, no2 in first]
        loss = WEIGHT_DECAY * penalty + tf.add_n(errors) / len(errors)
    return loss, tape.gradient(loss, model.trainable_variables)
