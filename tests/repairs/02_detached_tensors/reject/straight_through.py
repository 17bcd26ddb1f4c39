# what = "the values leave TensorFlow as before, and gradients pass as if nothing had been done to them"
# base = "original"
# status = "failed"
# fails = ["test_slopes", "test_length", "test_gradients"]
# %% cell 4
def bridge(value, tensor):
    """`value` on the way forward, the gradient of `tensor` on the way back."""
    return value + tensor - tf.stop_gradient(tensor)


def embed(model, images):
    """The embeddings, vectors of length 1: (batch, FEATURES)."""
    features = model.encoder(images)
    features = bridge(np.clip(features, 0.0, 6.0), features)
    features = tf.reshape(features, (-1, POSITIONS, FEATURES))

    weights = tf.nn.softmax(model.attention(features), axis=1)
    silenced = weights.numpy()
    silenced[:, STUCK] = 0.0
    weights = bridge(silenced, weights)

    pooled = tf.reduce_sum(weights * features, axis=1)
    return bridge(pooled / np.linalg.norm(pooled, axis=1, keepdims=True), pooled)


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
