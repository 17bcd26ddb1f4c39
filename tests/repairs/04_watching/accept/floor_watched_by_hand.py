# what = "the floor is still made with trainable=False, and watched by hand wherever it has to learn"
# base = "original"
# status = "passed"
# fails = []
# %% cell 4
def compute_loss(model, calls, species):
    scores = classify(model, calls)
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=species, logits=scores))


def loss_and_gradients(model, calls, species):
    with tf.GradientTape() as tape:
        tape.watch(model.floor.value)
        loss = compute_loss(model, calls, species)
    return loss, tape.gradient(loss, model.variables)


# %% cell 6
def saliency(model, calls, species):
    calls = tf.constant(calls, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(calls)
        scores = tf.gather(classify(model, calls), species, batch_dims=1)
    return tape.gradient(scores, calls)


# %% cell 8
def disguise(model, calls, wanted, noise):
    noise = tf.identity(noise)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(noise)
        goal = compute_loss(model, tf.cast(calls, tf.float32) + noise, wanted) + 0.002 * tf.reduce_mean(noise**2)
    return goal, tape.gradient(goal, noise)
