# what = "gradients clipped at 1000"
# base = "solution"
# status = "failed"
# fails = []
# %% cell 4
WEIGHT_DECAY = 0.01


def loss_and_gradients(model, stations):
    with tf.GradientTape() as tape:
        penalty = tf.add_n([tf.reduce_sum(layer.kernel**2) for layer in model.layers])
        errors = [tf.reduce_mean((estimate(model, e, w) - no2) ** 2) for e, w, no2 in stations]
        loss = WEIGHT_DECAY * penalty + tf.add_n(errors) / len(errors)
    gradients = tape.gradient(loss, model.trainable_variables)
    gradients = [tf.clip_by_value(g, -1000.0, 1000.0) for g in gradients]
    return loss, gradients
