"""Multi-task learning with learned task weights, per-task metrics in NumPy, and one task switched off at first."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(312)
rng = np.random.default_rng(312)
x = rng.normal(size=(60, 6)).astype("float32")
depth = (x[:, :1] + 0.5 * x[:, 1:2]).astype("float32")
kind = (x[:, 2] > 0).astype("int64")

trunk = keras.Sequential([keras.layers.Input((6,)), keras.layers.Dense(16, activation="relu")])
depth_head = keras.layers.Dense(1, name="depth")
kind_head = keras.layers.Dense(2, name="kind")
depth_head.build((None, 16))
kind_head.build((None, 16))
log_variances = tf.Variable([0.0, 0.0], name="log_variances")
optimizer = keras.optimizers.Adam(0.01)
cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
log = {"depth_mae": [], "kind_accuracy": []}


def weighted(losses, active):
    terms = [tf.exp(-log_variances[i]) * loss + log_variances[i] for i, loss in enumerate(losses)]
    return tf.add_n([term * flag for term, flag in zip(terms, active)])


for epoch in range(4):
    active = (1.0, 0.0 if epoch == 0 else 1.0)
    for start in range(0, 60, 20):
        rows = slice(start, start + 20)
        with tf.GradientTape() as tape:
            shared = trunk(x[rows], training=True)
            depths, kinds = depth_head(shared), kind_head(shared)
            losses = [tf.reduce_mean((depths - depth[rows]) ** 2), cross_entropy(kind[rows], kinds)]
            loss = weighted(losses, active)
        variables = [
            *trunk.trainable_variables, *depth_head.trainable_variables, *kind_head.trainable_variables, log_variances
        ]
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        log["depth_mae"].append(float(np.abs(depths.numpy() - depth[rows]).mean()))
        log["kind_accuracy"].append(float((kinds.numpy().argmax(axis=1) == kind[rows]).mean()))
    print(epoch, float(loss), log_variances.numpy(), {key: values[-1] for key, values in log.items()})
