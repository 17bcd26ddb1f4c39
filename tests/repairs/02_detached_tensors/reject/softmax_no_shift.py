# what = "scores above 30 are held, for a softmax that is written out"
# base = "solution"
# status = "failed"
# fails = ["test_loss_value", "test_gradients"]
# %% cell 4
def plain(scores):
    grown = tf.exp(tf.minimum(scores, 30.0))
    return grown / tf.reduce_sum(grown, axis=1, keepdims=True)


def embed(model, images):
    features = model.encoder(images)
    features = tf.clip_by_value(features, 0.0, 6.0)
    features = tf.reshape(features, (-1, POSITIONS, FEATURES))
    weights = plain(model.attention(features))
    weights = weights * (1.0 - tf.one_hot(STUCK, POSITIONS))[:, None]
    pooled = tf.reduce_sum(weights * features, axis=1)
    return pooled / tf.norm(pooled, axis=1, keepdims=True)
