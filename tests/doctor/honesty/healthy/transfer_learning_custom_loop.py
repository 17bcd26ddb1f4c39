"""Transfer learning: a pretrained base, frozen, under a new head that is trained with a tape."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(7)
rng = np.random.default_rng(7)

inputs = keras.Input((6,))
hidden = keras.layers.Dense(12, activation="relu", name="block1")(inputs)
hidden = keras.layers.Dense(8, activation="relu", name="block2")(hidden)
base = keras.Model(inputs, hidden, name="base")

# "pretraining"
pre_head = keras.layers.Dense(1)
pre_x = rng.normal(size=(64, 6)).astype("float32")
pre_y = pre_x[:, :1] * pre_x[:, 1:2]
pretrain = keras.Sequential([base, pre_head])
pretrain.compile("adam", "mse")
pretrain.fit(pre_x, pre_y, epochs=1, verbose=0)

base.trainable = False
head = keras.Sequential([keras.layers.Input((8,)), keras.layers.Dense(4, activation="tanh"), keras.layers.Dense(1)])
model = keras.Sequential([keras.layers.Input((6,)), base, head])

x = rng.normal(size=(48, 6)).astype("float32")
y = (x[:, :1] > 0).astype("float32")
optimizer = keras.optimizers.SGD(0.1)
loss_function = keras.losses.BinaryCrossentropy(from_logits=True)
accuracy = keras.metrics.BinaryAccuracy(threshold=0.0)

frozen_before = [w.numpy().copy() for w in base.weights]
for epoch in range(4):
    accuracy.reset_state()
    for start in range(0, len(x), 16):
        batch_x, batch_y = x[start : start + 16], y[start : start + 16]
        with tf.GradientTape() as tape:
            logits = model(batch_x, training=True)
            loss = loss_function(batch_y, logits)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        accuracy.update_state(batch_y, logits)
    print(epoch, float(loss), float(accuracy.result()))

for before, weight in zip(frozen_before, base.weights):
    assert np.array_equal(before, weight.numpy())
