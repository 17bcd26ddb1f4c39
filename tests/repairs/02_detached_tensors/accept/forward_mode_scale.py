# what = "the tape for the arrays; forward mode for the scalar, with which it is cheap"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 6
def loss_and_gradients(model, images, labels):
    with tf.GradientTape() as tape:
        loss = compute_loss(model, images, labels)
    gradients = tape.gradient(loss, model.trainable_variables)
    with tf.autodiff.ForwardAccumulator(model.log_scale._value, tf.constant(1.0)) as forward:
        again = compute_loss(model, images, labels)
    slope = forward.jvp(again)
    return loss, [slope if v is model.log_scale else g for v, g in zip(model.trainable_variables, gradients)]
