# what = "the gradients are right, and compute_loss is still cut off"
# base = "original"
# status = "failed"
# fails = ["test_from_tape"]
# cheat = true
# %% cell 6
def right_embed(model, images):
    """The embeddings, vectors of length 1: (batch, FEATURES)."""
    features = model.encoder(images)
    features = tf.clip_by_value(features, 0.0, 6.0)
    features = tf.reshape(features, (-1, POSITIONS, FEATURES))

    weights = tf.nn.softmax(model.attention(features), axis=1)
    usable = 1.0 - tf.one_hot(STUCK, POSITIONS)
    weights = weights * usable[:, tf.newaxis]

    pooled = tf.reduce_sum(weights * features, axis=1)
    return tf.math.l2_normalize(pooled, axis=1)


def loss_and_gradients(model, images, labels):
    with tf.GradientTape() as tape:
        prototypes = tf.math.l2_normalize(model.prototypes, axis=1)
        similarity = tf.matmul(right_embed(model, images), prototypes, transpose_b=True)
        logits = tf.exp(model.log_scale) * similarity
        errors = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
        loss = tf.reduce_mean(errors) + 0.02 * tf.square(model.log_scale)
    return loss, tape.gradient(loss, model.trainable_variables)
