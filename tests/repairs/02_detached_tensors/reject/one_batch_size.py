# what = "the mean is taken over 64 pictures, however many there are"
# base = "solution"
# status = "failed"
# fails = ["test_loss_value", "test_length", "test_head_gradient", "test_gradients"]
# %% cell 5
def classify(model, images):
    """The logits: (batch, number of stamps)."""
    prototypes = tf.math.l2_normalize(model.prototypes, axis=1)
    similarity = tf.matmul(embed(model, images), prototypes, transpose_b=True)
    scale = tf.exp(model.log_scale)
    return scale * similarity


def compute_loss(model, images, labels):
    logits = classify(model, images)
    errors = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    return tf.reduce_sum(errors) / 64.0 + 0.02 * tf.square(model.log_scale)
