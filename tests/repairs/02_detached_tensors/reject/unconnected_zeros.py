# what = "the missing gradients are asked for as zeros"
# base = "original"
# status = "failed"
# fails = ["test_from_tape"]
# cheat = true
# %% cell 6
def loss_and_gradients(model, images, labels):
    with tf.GradientTape() as tape:
        loss = compute_loss(model, images, labels)
    return loss, tape.gradient(
        loss,
        [variable.value for variable in model.trainable_variables],
        unconnected_gradients=tf.UnconnectedGradients.ZERO,
    )
