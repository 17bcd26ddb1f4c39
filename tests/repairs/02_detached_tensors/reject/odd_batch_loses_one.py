# what = "two halves of the batch: an odd one loses a picture"
# base = "solution"
# status = "failed"
# fails = ["test_length", "test_head_gradient", "test_gradients"]
# %% cell 6
def loss_and_gradients(model, images, labels):
    half = len(labels) // 2
    loss, total = 0.0, None
    for part in (slice(0, half), slice(half, 2 * half)):
        with tf.GradientTape() as tape:
            piece = compute_loss(model, images[part], labels[part]) / 2
        loss += piece
        found = tape.gradient(piece, model.trainable_variables)
        total = found if total is None else [a + b for a, b in zip(total, found)]
    return compute_loss(model, images, labels), total
