# The gradients are unscaled twice.
# code: GRAD023
# culprit: g / optimizer
# says: divided by the loss scale here
import keras
import tensorflow as tf

model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1))
optimizer.build(model.trainable_variables)
x, y = tf.random.normal((16, 3)), tf.random.normal((16, 1))
for _ in range(5):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(x) - y) ** 2)
        scaled = optimizer.scale_loss(loss)
    grads = tape.gradient(scaled, model.trainable_variables)
    grads = [g / optimizer.dynamic_scale for g in grads]
    optimizer.apply_gradients(zip(grads, model.trainable_variables))
