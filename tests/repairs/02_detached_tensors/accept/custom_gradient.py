# what = "the limit stays in NumPy, and its derivative is stated beside it"
# base = "original"
# status = "passed"
# fails = []
# %% cell 4
@tf.custom_gradient
def limited(features):
    """NumPy's clip on the way forward; on the way back, nothing passes where a feature was limited."""
    inside = tf.cast((features > 0.0) & (features < 6.0), tf.float32)
    clipped = tf.numpy_function(lambda values: np.clip(values, 0.0, 6.0), [features], tf.float32)
    clipped.set_shape(features.shape)
    return clipped, lambda upstream: upstream * inside


@tf.custom_gradient
def without_stuck(weights):
    """The same weights with a zero at the stuck position."""

    def silenced(values):
        return tf.concat([tf.zeros_like(values[:, :1]), values[:, 1:]], axis=1)

    return silenced(weights), silenced


def embed(model, images):
    """The embeddings, vectors of length 1: (batch, FEATURES)."""
    features = tf.reshape(limited(model.encoder(images)), (-1, POSITIONS, FEATURES))
    weights = without_stuck(tf.nn.softmax(model.attention(features), axis=1))
    pooled = tf.reduce_sum(weights * features, axis=1)
    return pooled * tf.math.rsqrt(tf.reduce_sum(pooled**2, axis=1, keepdims=True))


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
