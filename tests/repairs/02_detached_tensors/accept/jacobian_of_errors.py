# what = "the Jacobian of all pictures' errors, averaged, and the scale's penalty on a tape of its own"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 6
def loss_and_gradients(model, images, labels):
    variables = model.trainable_variables
    with tf.GradientTape(persistent=True) as tape:
        logits = classify(model, images)
        errors = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
        errors = tf.reshape(errors, [-1, 1])
        chunks = tf.stack([tf.reduce_sum(errors[start::3]) for start in range(3)]) / len(labels)
    rows = tape.jacobian(chunks, variables, experimental_use_pfor=False)
    with tf.GradientTape() as second:
        penalty = 0.02 * tf.square(model.log_scale)
    more = second.gradient(penalty, model.log_scale)
    gradients = [tf.reduce_sum(one, axis=0) for one in rows]
    gradients = [g + more if v is model.log_scale else g for v, g in zip(variables, gradients)]
    return tf.reduce_sum(chunks) + penalty, gradients
