# what = "only the variable around the attention weights is left"
# base = "solution"
# status = "failed"
# fails = ["test_attention_connected", "test_slopes", "test_gradients"]
# %% cell 4
def embed(model, images):
    """The embeddings, vectors of length 1: (batch, FEATURES)."""
    features = model.encoder(images)
    features = tf.clip_by_value(features, 0.0, 6.0)
    features = tf.reshape(features, (-1, POSITIONS, FEATURES))

    weights = tf.nn.softmax(model.attention(features), axis=1)
    weights = tf.Variable(weights)  # a tensor can't be written to
    weights[:, STUCK].assign(tf.zeros((len(images), 1)))

    pooled = tf.reduce_sum(weights * features, axis=1)
    return tf.math.l2_normalize(pooled, axis=1)
