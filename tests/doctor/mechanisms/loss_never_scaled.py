# The loss is not scaled for an optimizer that unscales.
# code: GRAD023
# culprit: apply_gradients
# says: nobody multiplied the loss by it
import keras
import tensorflow as tf

model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1))
x, y = tf.random.normal((16, 3)), tf.random.normal((16, 1))
for _ in range(5):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(x) - y) ** 2)
    grads = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(grads, model.trainable_variables))
