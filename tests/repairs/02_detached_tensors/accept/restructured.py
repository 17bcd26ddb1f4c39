# what = "one Keras model that does everything in its call, with its variables in another order"
# base = "original"
# status = "passed"
# fails = []
# %% cell 3
FEATURES = 12
POSITIONS = 36  # 6 by 6


class Pooling(tf.keras.layers.Layer):
    """The mean of the features, as the attention weighs them; the first position does not count."""

    def __init__(self):
        super().__init__()
        self.attention = tf.keras.layers.Dense(1, use_bias=False, name="attention")
        self.attention.build((None, FEATURES))

    def call(self, features):
        weights = tf.keras.ops.softmax(self.attention(features), axis=1)
        return tf.einsum("bpo,bpf->bf", weights[:, 1:], features[:, 1:])


class Comparison(tf.keras.layers.Layer):
    """How alike a vector and each prototype are, as logits."""

    def __init__(self):
        super().__init__()
        self.prototypes = tf.keras.Variable(tf.random.normal((len(STAMPS), FEATURES)), name="prototypes")
        self.log_scale = tf.keras.Variable(1.0, name="log_scale")

    def call(self, pooled):
        unit = tf.keras.layers.UnitNormalization(axis=-1)
        return tf.exp(self.log_scale) * tf.einsum("bf,sf->bs", unit(pooled), unit(self.prototypes))


class StampReader(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.encoder = tf.keras.layers.Conv2D(FEATURES, 3, activation="relu6", name="encoder")
        self.encoder.build((None, 8, 8, 1))
        self.pooling = Pooling()
        self.comparison = Comparison()

    def build(self, input_shape):
        self.built = True

    def call(self, images):
        features = tf.reshape(self.encoder(images), (-1, POSITIONS, FEATURES))
        return self.comparison(self.pooling(features))

    @property
    def log_scale(self):
        return self.comparison.log_scale


def build_model():
    return StampReader()


# %% cell 4
cross_entropy = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)


# %% cell 5
def classify(model, images):
    return model(images)


def compute_loss(model, images, labels):
    return cross_entropy(labels, model(images)) + 0.02 * model.log_scale**2


# %% cell 6
def loss_and_gradients(model, images, labels):
    variables = model.trainable_variables
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        for variable in variables:
            tape.watch(variable.value)
        loss = compute_loss(model, images, labels)
    return loss, tape.gradient(loss, variables)
