# The list of variables is older than the last layer.
# code: GRAD008
# culprit: variables = model
# says: before the model had them all
import keras
import tensorflow as tf

model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, activation="tanh")])
variables = model.trainable_variables
model.add(keras.layers.Dense(1))
optimizer = keras.optimizers.SGD(0.1)
x, y = tf.random.normal((16, 3)), tf.random.normal((16, 1))
for _ in range(5):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(x) - y) ** 2)
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
