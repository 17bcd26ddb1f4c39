# what = "each gradient held between -5 and 5"
# base = "solution"
# status = "failed"
# fails = ["test_gradients"]
# %% cell 6
def loss_and_gradients(model, images, labels):
    with tf.GradientTape() as tape:
        loss = compute_loss(model, images, labels)
    return loss, [tf.clip_by_value(g, -5.0, 5.0) for g in tape.gradient(loss, model.trainable_variables)]
