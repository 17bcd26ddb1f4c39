# what = "similarities are kept within 0.999"
# base = "solution"
# status = "failed"
# fails = ["test_loss_value", "test_gradients"]
# %% cell 5
def classify(model, images):
    prototypes = tf.math.l2_normalize(model.prototypes, axis=1)
    similarity = tf.matmul(embed(model, images), prototypes, transpose_b=True)
    similarity = tf.clip_by_value(similarity, -0.999, 0.999)
    return tf.exp(model.log_scale) * similarity


def compute_loss(model, images, labels):
    logits = classify(model, images)
    errors = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    return tf.reduce_mean(errors) + 0.02 * tf.square(model.log_scale)
