# what = "no Keras: a tf.Module of plain variables in another order, helpers renamed, and steps that follow the gradient's sign only"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 3
class Ear(tf.Module):
    def __init__(self, seed):
        super().__init__()
        draw = np.random.default_rng(seed)
        self.to_scores = tf.Variable(draw.normal(0.0, 0.4, (8, 3)).astype("float32"), name="decide/kernel")
        self.prior = tf.Variable(tf.zeros(3), name="decide/bias")
        self.filters = tf.Variable(draw.normal(0.0, 0.4, (12, 8)).astype("float32"), name="listen/kernel")
        self.offsets = tf.Variable(tf.zeros(8), name="listen/bias")
        self.silence = tf.Variable(tf.fill([12], 0.1), name="floor")


def build_model():
    return Ear(5)


def classify(ear, calls):
    above = tf.maximum(tf.cast(calls, "float32") * (1.0 / 255.0) - ear.silence, 0.0)
    heard = tf.tanh(tf.einsum("cmb,bu->cmu", above, ear.filters) + ear.offsets)
    return tf.linalg.matmul(tf.reduce_mean(heard, 1), ear.to_scores) + ear.prior


# %% cell 4
def slopes(function, by):
    with tf.GradientTape() as tape:
        tape.watch(by)
        value = function()
    return value, tape.gradient(value, by)


def compute_loss(ear, calls, species):
    chances = tf.nn.log_softmax(classify(ear, calls))
    return -tf.reduce_mean(tf.reduce_sum(chances * tf.one_hot(species, 3), 1))


def loss_and_gradients(ear, calls, species):
    return slopes(lambda: compute_loss(ear, calls, species), list(ear.variables))


# %% cell 5
model = build_model()
losses = []
for step in range(30):
    loss, gradients = loss_and_gradients(model, calls, species)
    losses.append(float(loss))
    for variable, gradient in zip(model.variables, gradients):
        variable.assign_sub(0.1 * 0.95**step * tf.sign(gradient))

# %% cell 6
def saliency(ear, calls, species):
    calls = tf.constant(calls, tf.float32)
    return slopes(lambda: tf.reduce_sum(tf.gather(classify(ear, calls), species, axis=1, batch_dims=1)), calls)[1]


# %% cell 8
def disguise(ear, calls, wanted, noise):
    noise = tf.Variable(noise)
    heard = tf.constant(calls, tf.float32)
    return slopes(lambda: compute_loss(ear, heard + noise, wanted) + 0.002 * tf.reduce_mean(noise**2), noise)
