# what = "the whole step inside tf.function"
# base = "original"
# status = "passed"
# fails = []
# %% cell 4
def embed(model, images):
    """The embeddings, vectors of length 1: (batch, FEATURES)."""
    features = model.encoder(images)
    features = tf.clip_by_value(features, 0.0, 6.0)
    features = tf.reshape(features, (-1, POSITIONS, FEATURES))

    weights = tf.nn.softmax(model.attention(features), axis=1)
    here = tf.range(POSITIONS)[:, tf.newaxis]
    weights = tf.where(here == STUCK, 0.0, weights)

    pooled = tf.reduce_sum(weights * features, axis=1)
    return tf.math.l2_normalize(pooled, axis=1)


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


# %% cell 6
@tf.function
def loss_and_gradients(model, images, labels):
    with tf.GradientTape() as tape:
        loss = compute_loss(model, images, labels)
    return loss, tape.gradient(loss, model.trainable_variables)
