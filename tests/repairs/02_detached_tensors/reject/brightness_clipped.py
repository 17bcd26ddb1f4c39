# what = "pictures held to what the camera gave in the notebook"
# base = "solution"
# status = "failed"
# fails = ["test_loss_value", "test_gradients"]
# %% cell 4
def embed(model, images):
    """The embeddings, vectors of length 1: (batch, FEATURES)."""
    features = model.encoder(tf.clip_by_value(images, -1.0, 3.0))
    features = tf.clip_by_value(features, 0.0, 6.0)
    features = tf.reshape(features, (-1, POSITIONS, FEATURES))

    weights = tf.nn.softmax(model.attention(features), axis=1)
    usable = 1.0 - tf.one_hot(STUCK, POSITIONS)
    weights = weights * usable[:, tf.newaxis]

    pooled = tf.reduce_sum(weights * features, axis=1)
    return tf.math.l2_normalize(pooled, axis=1)
