# what = "the missing gradients are asked for as zeros"
# base = "original"
# status = "failed"
# fails = ["test_from_tape", "test_slopes", "test_encoder_gradient", "test_attention_gradient", "test_head_gradient"]
# %% cell 6
def loss_and_gradients(model, images, labels):
    with tf.GradientTape() as tape:
        loss = compute_loss(model, images, labels)
    return loss, tape.gradient(
        loss,
        [variable.value for variable in model.trainable_variables],
        unconnected_gradients=tf.UnconnectedGradients.ZERO,
    )
