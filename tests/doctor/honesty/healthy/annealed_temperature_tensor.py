"""A temperature that changes each epoch, handed to the compiled step as a tensor and as a variable."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(304)
rng = np.random.default_rng(304)
logits_layer = keras.Sequential([keras.layers.Input((5,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(3)])
decoder = keras.layers.Dense(5)
decoder.build((None, 3))
optimizer = keras.optimizers.Adam(0.01)
beta = tf.Variable(0.0, trainable=False)
seeds = tf.random.Generator.from_seed(5)
data = rng.normal(size=(40, 5)).astype("float32")
EPOCHS = 4
step_counter = 0


def gumbel(shape):
    uniform = seeds.uniform(shape, minval=1e-6, maxval=1.0)
    return -tf.math.log(-tf.math.log(uniform) + 1e-9)


@tf.function
def train_step(batch, temperature):
    with tf.GradientTape() as tape:
        logits = logits_layer(batch)
        soft = tf.nn.softmax((logits + gumbel(tf.shape(logits))) / temperature)
        hard = tf.one_hot(tf.argmax(soft, axis=1), 3)
        sample = tf.stop_gradient(hard - soft) + soft
        rebuilt = decoder(sample)
        entropy = -tf.reduce_sum(tf.nn.softmax(logits) * tf.nn.log_softmax(logits), axis=1)
        loss = tf.reduce_mean((rebuilt - batch) ** 2) - beta * tf.reduce_mean(entropy)
    weights = logits_layer.trainable_variables + decoder.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
    return loss


for epoch in range(EPOCHS):
    beta.assign(0.1 * (1 - epoch / EPOCHS))
    temperature = max(0.3, 1.0 * 0.7**epoch)
    for start in range(0, 40, 20):
        loss = train_step(tf.constant(data[start : start + 20]), tf.constant(temperature, tf.float32))
        step_counter += 1
    print(f"epoch {epoch} step {step_counter} temperature {temperature:.2f} loss {loss.numpy():.4f}")
