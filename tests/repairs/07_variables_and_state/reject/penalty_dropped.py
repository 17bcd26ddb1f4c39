# what = "the price of a large valley is left out"
# base = "solution"
# status = "failed"
# fails = ["test_forward", "test_four_quantities", "test_gradients"]
# %% cell 4
def compute_loss(model, rain, water):
    errors = tf.square(forecast(model, rain) - water)
    return tf.reduce_mean(errors)


def loss_and_gradients(model, rain, water):
    with tf.GradientTape() as tape:
        loss = compute_loss(model, rain, water)
    quantities = model.trainable_variables
    names = [variable.name.split(":")[0] for variable in quantities]
    return loss, dict(zip(names, tape.gradient(loss, quantities)))
