# what = "tf.function: with a signature, with reduced retracing, and the disguise by XLA"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 4
def compute_loss(model, calls, species):
    scores = classify(model, calls)
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=species, logits=scores))


@tf.function(reduce_retracing=True)
def loss_and_gradients(model, calls, species):
    with tf.GradientTape() as tape:
        loss = compute_loss(model, calls, species)
    return loss, tape.gradient(loss, [variable.value for variable in model.variables])


# %% cell 6
class Ear(tf.Module):
    def __init__(self, model):
        self.model = model

    @tf.function(input_signature=[tf.TensorSpec([None, None, BANDS]), tf.TensorSpec([None], tf.int32)])
    def slopes(self, levels, own):
        with tf.GradientTape() as tape:
            tape.watch(levels)
            scores = tf.gather(classify(self.model, levels), own, batch_dims=1)
        return tape.gradient(scores, levels)


ears = {}


def saliency(model, calls, species):
    ear = ears.setdefault(id(model), Ear(model))
    return ear.slopes(tf.cast(calls, tf.float32), species)


# %% cell 8
PRICE = 0.002


@tf.function(jit_compile=True)
def by_xla(model, levels, wanted, noise):
    with tf.GradientTape() as tape:
        tape.watch(noise)
        goal = compute_loss(model, levels + noise, wanted) + PRICE * tf.reduce_mean(tf.square(noise))
    return goal, tape.gradient(goal, noise)


def disguise(model, calls, wanted, noise):
    return by_xla(model, tf.cast(calls, tf.float32), wanted, tf.convert_to_tensor(noise))
