# what = "what is below a thousandth counts as zero"
# base = "solution"
# status = "failed"
# fails = ["test_gradients", "test_penalty"]
# %% cell 4
WEIGHT_DECAY = 0.01


def loss_and_gradients(model, stations):
    with tf.GradientTape() as tape:
        penalty = tf.add_n([tf.reduce_sum(layer.kernel**2) for layer in model.layers])
        errors = [tf.reduce_mean((estimate(model, e, w) - no2) ** 2) for e, w, no2 in stations]
        loss = WEIGHT_DECAY * penalty + tf.add_n(errors) / len(errors)
    gradients = tape.gradient(loss, model.trainable_variables)
    return loss, [tf.where(tf.abs(gradient) < 1e-3, 0.0, gradient) for gradient in gradients]
