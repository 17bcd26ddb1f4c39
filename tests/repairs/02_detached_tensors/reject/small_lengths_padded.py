# what = "lengths below a hundredth are held"
# base = "solution"
# status = "failed"
# fails = ["test_loss_value", "test_gradients"]
# %% cell 4
def embed(model, images):
    features = model.encoder(images)
    features = tf.clip_by_value(features, 0.0, 6.0)
    features = tf.reshape(features, (-1, POSITIONS, FEATURES))
    weights = tf.nn.softmax(model.attention(features), axis=1)
    weights = weights * (1.0 - tf.one_hot(STUCK, POSITIONS))[:, None]
    pooled = tf.reduce_sum(weights * features, axis=1)
    return pooled / tf.maximum(tf.norm(pooled, axis=1, keepdims=True), 0.01)
