# Accuracy as a part of the loss.
# code: GRAD003
# culprit: tf.round
# says: has no effect
import keras
import tensorflow as tf

model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, activation="sigmoid")])


def loss_fn(y, p):
    hits = tf.cast(tf.equal(tf.round(p), y), tf.float32)
    return keras.losses.binary_crossentropy(y, p) + 0.5 * (1.0 - tf.reduce_mean(hits, axis=-1))


x = tf.random.normal((16, 3))
y = tf.cast(x[:, :1] > 0, tf.float32)
model.compile("sgd", loss_fn)
model.fit(x, y, epochs=2, verbose=0)
