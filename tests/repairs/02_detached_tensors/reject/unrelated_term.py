# what = "a term that is zero reconnects every variable to the loss"
# base = "original"
# status = "failed"
# fails = ["test_encoder_connected", "test_attention_connected", "test_slopes", "test_length", "test_head_gradient", "test_gradients"]
# %% cell 5
def classify(model, images):
    """The logits: (batch, number of stamps)."""
    prototypes = tf.math.l2_normalize(model.prototypes, axis=1)
    similarity = tf.matmul(embed(model, images), prototypes, transpose_b=True)
    scale = float(tf.exp(model.log_scale))
    return scale * similarity


def compute_loss(model, images, labels):
    logits = classify(model, images)
    errors = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    nothing = tf.add_n([tf.reduce_sum(variable) for variable in model.trainable_variables])
    return tf.reduce_mean(errors) + 0.02 * tf.square(model.log_scale) + 0.0 * nothing
