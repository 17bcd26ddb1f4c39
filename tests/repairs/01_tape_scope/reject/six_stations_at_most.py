# what = "no station after the sixth counts"
# base = "solution"
# status = "failed"
# fails = ["test_forward", "test_gradients"]
# %% cell 4
WEIGHT_DECAY = 0.01


def loss_and_gradients(model, stations):
    with tf.GradientTape() as tape:
        penalty = tf.add_n([tf.reduce_sum(layer.kernel**2) for layer in model.layers])
        errors = [tf.reduce_mean((estimate(model, e, w) - no2) ** 2) for e, w, no2 in stations[:6]]
        loss = WEIGHT_DECAY * penalty + tf.add_n(errors) / len(errors)
    gradients = tape.gradient(loss, model.trainable_variables)
    return loss, gradients
