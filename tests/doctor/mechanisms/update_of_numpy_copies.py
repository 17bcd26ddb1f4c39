# The arrays of get_weights are changed, and the model keeps its weights.
# code: GRAD022
# culprit: 0.1 * g.numpy()
# says: with a copy of the values
import keras
import tensorflow as tf

model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
x, y = tf.random.normal((16, 3)), tf.random.normal((16, 1))
for _ in range(5):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(x) - y) ** 2)
    grads = tape.gradient(loss, model.trainable_variables)
    weights = model.get_weights()
    for i, g in enumerate(grads):
        weights[i] -= 0.1 * g.numpy()
    print(float(loss))
