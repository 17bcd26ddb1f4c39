# The step is computed, and assigned to a name.
# code: GRAD022
# culprit: v = v - 0.1 * g
# says: with a copy of the values
import keras
import tensorflow as tf

model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
x, y = tf.random.normal((16, 3)), tf.random.normal((16, 1))
for _ in range(5):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(x) - y) ** 2)
    grads = tape.gradient(loss, model.trainable_variables)
    for v, g in zip(model.trainable_variables, grads):
        v = v - 0.1 * g
    print(float(loss))
