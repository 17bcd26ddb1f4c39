# A target network that is the network itself.
# code: GRAD036
# culprit: target.set_weights
# says: stand for the same thing
import keras
import numpy as np
import tensorflow as tf

online = keras.Sequential([keras.Input((3,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(2)])
target = online
optimizer = keras.optimizers.Adam(0.01)
rng = np.random.default_rng(0)
for step in range(12):
    s, s2 = rng.normal(size=(16, 3)).astype("f"), rng.normal(size=(16, 3)).astype("f")
    r = rng.normal(size=16).astype("f")
    goal = r + 0.9 * tf.reduce_max(target(s2), axis=1)
    with tf.GradientTape() as tape:
        q = online(s)[:, 0]
        loss = tf.reduce_mean((q - goal) ** 2)
    optimizer.apply_gradients(zip(tape.gradient(loss, online.trainable_variables), online.trainable_variables))
    if step % 3 == 2:
        target.set_weights(online.get_weights())
