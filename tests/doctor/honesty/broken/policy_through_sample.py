# culprit: actions = tf.random.categorical(logits, 1)
# causes: sampling_not_reparameterised, nondifferentiable_op, integer_dtype
"""A bandit policy that maximises the reward of the sampled action directly."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(12)
rng = np.random.default_rng(12)
ARMS, CONTEXT = 4, 3
preferences = rng.normal(size=(CONTEXT, ARMS)).astype("float32")


def rewards_of(context):
    return tf.constant(context @ preferences)


policy = keras.Sequential(
    [
        keras.layers.Input((CONTEXT,)),
        keras.layers.Dense(12, activation="tanh"),
        keras.layers.Dense(ARMS),
    ]
)
optimizer = keras.optimizers.Adam(0.01)
average = keras.metrics.Mean()


def entropy(logits):
    p = tf.nn.softmax(logits)
    return -tf.reduce_sum(p * tf.nn.log_softmax(logits), axis=1)


for episode in range(4):
    average.reset_state()
    for _ in range(3):
        context = rng.normal(size=(16, CONTEXT)).astype("float32")
        payoff = rewards_of(context)
        with tf.GradientTape() as tape:
            logits = policy(context)
            actions = tf.random.categorical(logits, 1)
            chosen = tf.one_hot(actions[:, 0], ARMS)
            reward = tf.reduce_sum(chosen * payoff, axis=1)
            loss = -tf.reduce_mean(reward)
        gradients = tape.gradient(loss, policy.trainable_variables)
        average.update_state(reward)
        if all(gradient is not None for gradient in gradients):
            optimizer.apply_gradients(zip(gradients, policy.trainable_variables))
    print(episode, float(average.result()), float(tf.reduce_mean(entropy(logits))))
