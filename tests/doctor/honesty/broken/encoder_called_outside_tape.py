# culprit: embedded = encoder(batch_x, training=True)
# causes: outside_tape
"""A two-part model in a custom loop, after a refactoring that moved the encoder's call to the top of the step."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(5)
rng = np.random.default_rng(5)
x = rng.normal(size=(60, 8)).astype("float32")
y = np.argmax(x[:, :3], axis=1)

encoder = keras.Sequential(
    [
        keras.layers.Input((8,)),
        keras.layers.Dense(24, activation="relu"),
        keras.layers.Dense(6, activation="tanh"),
    ],
    name="encoder",
)
classifier = keras.Sequential([keras.layers.Input((6,)), keras.layers.Dense(3)], name="classifier")
optimizer = keras.optimizers.Adam(0.01)
loss_function = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
accuracy = keras.metrics.SparseCategoricalAccuracy()


def train_step(batch_x, batch_y):
    embedded = encoder(batch_x, training=True)
    spread = float(tf.math.reduce_std(embedded))
    with tf.GradientTape() as tape:
        logits = classifier(embedded, training=True)
        loss = loss_function(batch_y, logits)
    variables = encoder.trainable_variables + classifier.trainable_variables
    gradients = tape.gradient(loss, variables)
    optimizer.apply_gradients(
        (gradient, variable) for gradient, variable in zip(gradients, variables) if gradient is not None
    )
    accuracy.update_state(batch_y, logits)
    return float(loss), spread


for epoch in range(3):
    accuracy.reset_state()
    results = [train_step(x[i : i + 20], y[i : i + 20]) for i in range(0, 60, 20)]
    print(epoch, np.mean(results, axis=0), float(accuracy.result()))
