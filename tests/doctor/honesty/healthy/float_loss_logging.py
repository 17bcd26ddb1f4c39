"""Linear regression with a hand-written loop that logs everything it can, inside and outside the tape."""
import numpy as np
import tensorflow as tf

tf.keras.utils.set_random_seed(11)
rng = np.random.default_rng(11)
features = rng.normal(size=(64, 5)).astype("float32")
true_weights = np.array([[1.5], [-2.0], [0.3], [0.0], [0.7]], "float32")
labels = features @ true_weights + 0.05 * rng.normal(size=(64, 1)).astype("float32")

weights = tf.Variable(tf.random.normal((5, 1)), name="weights")
bias = tf.Variable(tf.zeros((1,)), name="bias")
history = {"loss": [], "mae": [], "grad_norm": [], "largest_error": []}


def predict(x):
    return x @ weights + bias


def mean_absolute_error(y_true, y_pred):
    return float(np.mean(np.abs(y_true - y_pred)))


learning_rate = 0.1
for step in range(12):
    with tf.GradientTape() as tape:
        predictions = predict(features)
        errors = predictions - labels
        loss = tf.reduce_mean(tf.square(errors))
        history["mae"].append(mean_absolute_error(labels, predictions.numpy()))
        history["largest_error"].append(float(tf.reduce_max(tf.abs(errors))))
        if step % 4 == 0:
            print("inside the tape, loss is", float(loss), "bias", bias.numpy())
    gradients = tape.gradient(loss, [weights, bias])
    history["loss"].append(loss.numpy())
    history["grad_norm"].append(float(tf.linalg.global_norm(gradients)))
    for variable, gradient in zip([weights, bias], gradients):
        variable.assign_sub(learning_rate * gradient)
    if history["loss"][-1] < 1e-4:
        break
    if step > 2 and history["loss"][-1] > 0.999 * history["loss"][-2]:
        learning_rate *= 0.5

summary = np.array(history["loss"])
print(f"from {summary[0]:.3f} to {summary[-1]:.3f}", np.round(weights.numpy().ravel(), 2))
assert summary[-1] < summary[0]
