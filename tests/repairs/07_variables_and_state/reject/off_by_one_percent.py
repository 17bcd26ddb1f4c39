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
    quantities = model.trainable_variables
    names = [variable.name.split(":")[0] for variable in quantities]
    return loss, {name: 1.01 * found for name, found in zip(names, tape.gradient(loss, quantities))}
