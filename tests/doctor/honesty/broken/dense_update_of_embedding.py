# culprit: table.assign_sub(rate * gradient)
# culprit: step = rate * gradient
# causes: sparse_gradient, exception, optimizer_misuse
"""Skip-gram embeddings with a hand-written gradient step."""
import numpy as np
import tensorflow as tf

tf.keras.utils.set_random_seed(410)
rng = np.random.default_rng(410)
VOCABULARY, WIDTH, NEGATIVE = 50, 8, 4
corpus = rng.zipf(1.5, size=400) % VOCABULARY

words = tf.Variable(tf.random.normal((VOCABULARY, WIDTH), stddev=0.1), name="words")
contexts = tf.Variable(tf.random.normal((VOCABULARY, WIDTH), stddev=0.1), name="contexts")


def pairs(window=2):
    for position in range(window, len(corpus) - window):
        for offset in range(-window, window + 1):
            if offset:
                yield corpus[position], corpus[position + offset]


def batches(size):
    collected = []
    for pair in pairs():
        collected.append(pair)
        if len(collected) == size:
            yield np.array(collected)
            collected = []


def loss_of(batch):
    centre = tf.gather(words, batch[:, 0])
    positive = tf.reduce_sum(centre * tf.gather(contexts, batch[:, 1]), axis=1)
    noise = tf.gather(contexts, rng.integers(0, VOCABULARY, size=(len(batch), NEGATIVE)))
    negative = tf.einsum("bd,bnd->bn", centre, noise)
    return tf.reduce_mean(tf.nn.softplus(-positive)) + tf.reduce_mean(tf.nn.softplus(negative))


rate = 0.5
for number, batch in enumerate(batches(64)):
    with tf.GradientTape() as tape:
        loss = loss_of(batch)
    gradients = tape.gradient(loss, [words, contexts])
    for table, gradient in zip([words, contexts], gradients):
        step = rate * gradient
        table.assign_sub(step)
    print(number, float(loss))
