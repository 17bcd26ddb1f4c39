"""Mixed precision in a custom loop: float16 layers, a LossScaleOptimizer, float32 output."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(111)
rng = np.random.default_rng(111)
keras.mixed_precision.set_global_policy("mixed_float16")

inputs = keras.Input((5,))
hidden = keras.layers.Dense(16, activation="relu")(inputs)
hidden = keras.layers.Dense(8, activation="relu")(hidden)
outputs = keras.layers.Dense(1, dtype="float32")(hidden)
model = keras.Model(inputs, outputs)
optimizer = keras.mixed_precision.LossScaleOptimizer(keras.optimizers.SGD(0.05), initial_scale=1024.0)

x = rng.normal(size=(64, 5)).astype("float32")
y = np.tanh(x[:, :1] + x[:, 1:2]).astype("float32")
dataset = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(64, seed=1).batch(16)


def train_step(batch_x, batch_y):
    with tf.GradientTape() as tape:
        prediction = model(batch_x, training=True)
        loss = tf.reduce_mean(tf.square(prediction - batch_y))
        scaled = optimizer.scale_loss(loss)
    gradients = tape.gradient(scaled, model.trainable_variables)
    optimizer.apply(gradients, model.trainable_variables)
    return loss


for epoch in range(3):
    losses = []
    for batch_x, batch_y in dataset:
        losses.append(float(train_step(batch_x, batch_y)))
    if epoch == 0:
        for variable in model.trainable_variables:
            print(variable.path, variable.dtype, variable.shape)
    print(epoch, np.mean(losses))

keras.mixed_precision.set_global_policy("float32")
final = model.predict(x, verbose=0)
print("correlation", np.corrcoef(final.ravel(), y.ravel())[0, 1])
