# culprit: weights = weights - learning_rate * gradient_w
# culprit: bias = bias - learning_rate * gradient_b
# causes: replaced_variable, not_watched, exception
"""Logistic regression with a hand-written update that works once."""
import numpy as np
import tensorflow as tf

tf.keras.utils.set_random_seed(10)
rng = np.random.default_rng(10)


def make_data(count=80):
    x = rng.normal(size=(count, 3)).astype("float32")
    p = 1 / (1 + np.exp(-(x @ np.array([[1.0], [-2.0], [0.5]]))))
    return x, (rng.uniform(size=(count, 1)) < p).astype("float32")


def sigmoid_loss(labels, logits):
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits))


def accuracy(labels, logits):
    return float(np.mean((logits.numpy() > 0) == (labels > 0.5)))


features, labels = make_data()
weights = tf.Variable(tf.random.normal((3, 1)), name="weights")
bias = tf.Variable(0.0, name="bias")
learning_rate = 0.5
history = []

for epoch in range(6):
    for start in range(0, 80, 20):
        x, y = features[start : start + 20], labels[start : start + 20]
        with tf.GradientTape() as tape:
            logits = x @ weights + bias
            loss = sigmoid_loss(y, logits)
        gradient_w, gradient_b = tape.gradient(loss, [weights, bias])
        weights = weights - learning_rate * gradient_w
        bias = bias - learning_rate * gradient_b
        history.append((float(loss), accuracy(y, logits)))
    print(epoch, history[-1])
print("final weights", weights.numpy().ravel())
