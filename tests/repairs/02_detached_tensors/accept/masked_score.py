# what = "the score of the stuck position is made very small, so that its weight is zero: the length cancels the rest"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 4
def embed(model, images):
    features = model.encoder(images)
    features = tf.clip_by_value(features, 0.0, 6.0)
    features = tf.reshape(features, (-1, POSITIONS, FEATURES))
    weights = tf.nn.softmax(model.attention(features) - 1e9 * tf.one_hot(STUCK, POSITIONS)[:, None], axis=1)
    weights = weights * (1.0 - tf.one_hot(STUCK, POSITIONS))[:, None]
    pooled = tf.reduce_sum(weights * features, axis=1)
    return pooled / tf.norm(pooled, axis=1, keepdims=True)
