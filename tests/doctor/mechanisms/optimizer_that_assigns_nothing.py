# An optimizer whose update changes a name and no variable.
# code: GRAD022
# culprit: variable = variable
# says: Training never changes
import keras
import tensorflow as tf


class Mine(keras.optimizers.Optimizer):
    def update_step(self, gradient, variable, learning_rate):
        variable = variable - learning_rate * gradient


model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
optimizer = Mine(learning_rate=0.1)
x, y = tf.random.normal((16, 3)), tf.random.normal((16, 1))
for _ in range(5):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(x) - y) ** 2)
    grads = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(grads, model.trainable_variables))
