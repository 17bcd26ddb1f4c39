# what = "no gradient through the attention where one position has nearly all of it"
# base = "solution"
# status = "failed"
# fails = ["test_gradients"]
# %% cell 4
def embed(model, images):
    features = model.encoder(images)
    features = tf.clip_by_value(features, 0.0, 6.0)
    features = tf.reshape(features, (-1, POSITIONS, FEATURES))
    weights = tf.nn.softmax(model.attention(features), axis=1)
    weights = (
        tf.where(tf.reduce_max(weights, axis=1, keepdims=True) > 0.9, tf.stop_gradient(weights), weights)
        * (1.0 - tf.one_hot(STUCK, POSITIONS))[:, None]
    )
    pooled = tf.reduce_sum(weights * features, axis=1)
    return pooled / tf.norm(pooled, axis=1, keepdims=True)
