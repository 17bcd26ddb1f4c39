# what = "micro-batches of at most eight pictures, weighed by their number and added up in Python"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 6
def loss_and_gradients(model, images, labels):
    total, sums = 0.0, None
    for start in range(0, len(labels), 8):
        part = slice(start, start + 8)
        with tf.GradientTape() as tape:
            piece = compute_loss(model, images[part], labels[part]) * (len(labels[part]) / len(labels))
        found = tape.gradient(piece, model.trainable_variables)
        sums = found if sums is None else [a + b for a, b in zip(sums, found)]
        total += piece
    return total, sums
