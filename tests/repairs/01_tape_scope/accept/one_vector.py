# what = "the gradients joined to one vector, limited in length where they explode, and taken apart again"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 4
WEIGHT_DECAY = 0.01


def loss_and_gradients(model, stations):
    variables = model.trainable_variables
    with tf.GradientTape() as tape:
        terms = [WEIGHT_DECAY * tf.reduce_sum(v**2) for v in variables[::2]]
        terms += [tf.reduce_mean((estimate(model, e, w) - no2) ** 2) / len(stations) for e, w, no2 in stations]
        terms = tf.stack(terms)
    given = tape.gradient(terms, variables, output_gradients=tf.ones_like(terms))
    vector = tf.clip_by_norm(tf.cast(tf.concat([tf.reshape(g, [-1]) for g in given], 0), tf.float64), 1e9)
    pieces = tf.split(tf.cast(vector, tf.float32), [int(tf.size(v)) for v in variables])
    return tf.reduce_sum(terms), [tf.reshape(piece, v.shape) for piece, v in zip(pieces, variables)]
