# what = "the features are no longer limited"
# base = "solution"
# status = "failed"
# fails = ["test_loss_value", "test_length", "test_head_gradient", "test_gradients"]
# %% cell 4
def embed(model, images):
    """The embeddings, vectors of length 1: (batch, FEATURES)."""
    features = model.encoder(images)
    features = tf.reshape(features, (-1, POSITIONS, FEATURES))

    weights = tf.nn.softmax(model.attention(features), axis=1)
    usable = 1.0 - tf.one_hot(STUCK, POSITIONS)
    weights = weights * usable[:, tf.newaxis]

    pooled = tf.reduce_sum(weights * features, axis=1)
    return tf.math.l2_normalize(pooled, axis=1)
