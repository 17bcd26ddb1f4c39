# what = "voltages and weather held between -3.2 and 3.2, as they are in the notebook"
# base = "solution"
# status = "failed"
# fails = ["test_forward", "test_gradients"]
# %% cell 4
WEIGHT_DECAY = 0.01


def loss_and_gradients(model, stations):
    with tf.GradientTape() as tape:
        penalty = tf.add_n([tf.reduce_sum(layer.kernel**2) for layer in model.layers])
        errors = [
            tf.reduce_mean((estimate(model, tf.clip_by_value(e, -3.2, 3.2), tf.clip_by_value(w, -3.2, 3.2)) - no2) ** 2)
            for e, w, no2 in stations
        ]
        loss = WEIGHT_DECAY * penalty + tf.add_n(errors) / len(errors)
    return loss, tape.gradient(loss, model.trainable_variables)
