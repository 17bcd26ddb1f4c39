# what = "relu6, an updated copy of the weights, a length from tf.norm"
# base = "original"
# status = "passed"
# fails = []
# %% cell 4
def embed(model, images):
    """The embeddings, vectors of length 1: (batch, FEATURES)."""
    features = tf.nn.relu6(model.encoder(images))
    features = tf.reshape(features, (-1, POSITIONS, FEATURES))

    weights = tf.nn.softmax(model.attention(features), axis=1)
    rows = tf.range(tf.shape(weights)[0])
    stuck = tf.stack([rows, tf.fill(tf.shape(rows), STUCK)], axis=1)
    weights = tf.tensor_scatter_nd_update(weights, stuck, tf.zeros((tf.shape(rows)[0], 1)))

    pooled = tf.reduce_sum(weights * features, axis=1)
    return pooled / tf.norm(pooled, axis=1, keepdims=True)


# %% cell 5
def classify(model, images):
    """The logits: (batch, number of stamps)."""
    prototypes = tf.math.l2_normalize(model.prototypes, axis=1)
    similarity = tf.matmul(embed(model, images), prototypes, transpose_b=True)
    scale = tf.exp(model.log_scale)
    return scale * similarity


def compute_loss(model, images, labels):
    logits = classify(model, images)
    errors = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    return tf.reduce_mean(errors) + 0.02 * tf.square(model.log_scale)
