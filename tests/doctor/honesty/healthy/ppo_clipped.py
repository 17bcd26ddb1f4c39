"""Proximal policy optimisation: old log-probabilities and advantages as NumPy, a clipped ratio, several epochs."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(307)
rng = np.random.default_rng(307)
CLIP, EPOCHS = 0.2, 3
actor = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(16, activation="tanh"), keras.layers.Dense(1)])
log_std = tf.Variable([-0.5], name="log_std")
critic = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(16, activation="tanh"), keras.layers.Dense(1)])
actor_optimizer, critic_optimizer = keras.optimizers.Adam(3e-3), keras.optimizers.Adam(1e-2)


def log_probability(mean, action):
    scaled = (action - mean) / tf.exp(log_std)
    return tf.reduce_sum(-0.5 * scaled**2 - log_std - 0.5 * np.log(2 * np.pi), axis=1)


def collect(steps=32):
    states = rng.normal(size=(steps, 3)).astype("float32")
    means = actor(states)
    actions = means + tf.exp(log_std) * tf.random.normal(means.shape)
    rewards = -np.abs(actions.numpy()[:, 0] - states[:, 0])
    advantages = rewards - critic(states).numpy()[:, 0]
    advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    return states, actions.numpy(), log_probability(means, actions).numpy(), rewards.astype("float32"), advantages


for iteration in range(3):
    states, actions, old, returns, advantages = collect()
    for epoch in range(EPOCHS):
        with tf.GradientTape() as tape:
            ratio = tf.exp(log_probability(actor(states), actions) - old)
            clipped = tf.clip_by_value(ratio, 1 - CLIP, 1 + CLIP)
            policy_loss = -tf.reduce_mean(tf.minimum(ratio * advantages, clipped * advantages))
            entropy = tf.reduce_sum(log_std + 0.5 * np.log(2 * np.pi * np.e))
            loss = policy_loss - 0.01 * entropy
        weights = [*actor.trainable_variables, log_std]
        actor_optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
        kl = float(tf.reduce_mean(old - log_probability(actor(states), actions)))
        with tf.GradientTape() as tape:
            value_loss = tf.reduce_mean((critic(states)[:, 0] - returns) ** 2)
        gradients = tape.gradient(value_loss, critic.trainable_variables)
        critic_optimizer.apply_gradients(zip(gradients, critic.trainable_variables))
        if kl > 0.05:
            break
    print(iteration, returns.mean(), float(value_loss), kl)
