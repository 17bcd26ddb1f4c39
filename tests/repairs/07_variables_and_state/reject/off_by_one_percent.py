# what = "every gradient is one per cent too large"
# base = "solution"
# status = "failed"
# fails = ["test_from_tape"]
# %% cell 4
def compute_loss(model, rain, water):
    errors = tf.square(forecast(model, rain) - water)
    return tf.reduce_mean(errors) + 0.05 * tf.square(model.log_area)


def loss_and_gradients(model, rain, water):
    with tf.GradientTape() as tape:
        loss = compute_loss(model, rain, water)
    gradients = tape.gradient(loss, model.trainable_variables)
    names = [variable.name.split(":")[0] for variable in model.trainable_variables]
    return loss, {name: None if g is None else 1.01 * g for name, g in zip(names, gradients)}
