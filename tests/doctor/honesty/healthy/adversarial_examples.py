"""Gradient ascent on the input (FGSM and PGD) and adversarial training on the result."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(61)
rng = np.random.default_rng(61)
x_train = rng.normal(size=(60, 6)).astype("float32")
y_train = (x_train[:, 0] * x_train[:, 1] > 0).astype("int64")

model = keras.Sequential([keras.layers.Input((6,)), keras.layers.Dense(24, activation="relu"), keras.layers.Dense(2)])
loss_function = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer = keras.optimizers.Adam(0.01)
EPSILON, ROUNDS = 0.2, 3


def fast_gradient_sign(x, y):
    x = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = loss_function(y, model(x))
    return x + EPSILON * tf.sign(tape.gradient(loss, x))


def projected_descent(x, y):
    """Several small steps up the loss, each projected back into the box."""
    original = tf.convert_to_tensor(x)
    attacked = original
    for _ in range(ROUNDS):
        with tf.GradientTape() as tape:
            tape.watch(attacked)
            loss = loss_function(y, model(attacked))
        attacked = attacked + 0.1 * tf.sign(tape.gradient(loss, attacked))
        attacked = original + tf.clip_by_value(attacked - original, -EPSILON, EPSILON)
    return attacked


for epoch in range(3):
    for start in range(0, 60, 20):
        x, y = x_train[start : start + 20], y_train[start : start + 20]
        hostile = projected_descent(x, y) if epoch else fast_gradient_sign(x, y)
        with tf.GradientTape() as tape:
            clean_loss = loss_function(y, model(x, training=True))
            hostile_loss = loss_function(y, model(hostile, training=True))
            loss = 0.5 * (clean_loss + hostile_loss)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    robust = np.mean(np.argmax(model(hostile).numpy(), axis=1) == y)
    print(epoch, float(clean_loss), float(hostile_loss), "robust accuracy", robust)
