# what = "the softmax written out, and a persistent tape that is asked for each variable alone"
# base = "original"
# status = "passed"
# fails = []
# %% cell 4
def embed(model, images):
    """The embeddings, vectors of length 1: (batch, FEATURES)."""
    features = tf.minimum(tf.maximum(model.encoder(images), 0.0), 6.0)
    features = tf.reshape(features, (len(images), POSITIONS, FEATURES))
    scores = tf.exp(tf.einsum("bpf,fo->bp", features, model.attention.kernel))
    weights = scores / tf.reduce_sum(scores, axis=1, keepdims=True)
    pooled = tf.einsum("bp,bpf->bf", weights[:, STUCK + 1 :], features[:, STUCK + 1 :])
    return pooled / tf.sqrt(tf.einsum("bf,bf->b", pooled, pooled))[:, tf.newaxis]


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
def loss_and_gradients(model, images, labels):
    with tf.GradientTape(persistent=True) as tape:
        loss = compute_loss(model, images, labels)
    return loss, tuple(tape.gradient(loss, variable) for variable in model.trainable_variables)
