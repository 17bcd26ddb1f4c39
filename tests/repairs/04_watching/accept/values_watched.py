# what = "the tape still watches by itself nothing, and by hand the variable inside of each Keras variable"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 4
def compute_loss(model, calls, species):
    return tf.reduce_mean(tf.keras.losses.sparse_categorical_crossentropy(species, model(calls), from_logits=True))


def loss_and_gradients(model, calls, species):
    watched = [variable.value for variable in model.variables]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(watched)
        loss = compute_loss(model, calls, species)
    return loss, tape.gradient(loss, watched)


# %% cell 6
def saliency(model, calls, species):
    heard = tf.Variable(np.float32(calls), trainable=False)
    with tf.GradientTape() as tape:
        tape.watch(heard)
        own = tf.reduce_sum(model(heard) * tf.one_hot(species, 3))
    return tape.gradient(own, heard)
