# what = "softmax, cross-entropy and lengths written out with exponentials and logarithms"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 4
def embed(model, images):
    features = tf.nn.relu(model.encoder(images))
    features = features - tf.nn.relu(features - 6.0)
    features = tf.reshape(features, (-1, POSITIONS, FEATURES))
    scores = tf.exp(features @ model.attention.kernel)
    weights = scores / tf.reduce_sum(scores, axis=1, keepdims=True)
    weights = tf.where(tf.range(POSITIONS)[:, tf.newaxis] == STUCK, 0.0, weights)
    pooled = tf.squeeze(tf.matmul(weights, features, transpose_a=True), axis=1)
    return pooled / tf.sqrt(tf.reduce_sum(pooled * pooled, axis=1, keepdims=True))


# %% cell 5
def classify(model, images):
    lengths = tf.sqrt(tf.reduce_sum(model.prototypes**2, axis=1))
    return tf.exp(model.log_scale) * (embed(model, images) @ tf.transpose(model.prototypes)) / lengths


def compute_loss(model, images, labels):
    chances = tf.nn.softmax(classify(model, images))
    of_the_truth = tf.gather(chances, labels, batch_dims=1)
    return 0.02 * model.log_scale**2 - tf.reduce_mean(tf.math.log(of_the_truth))
