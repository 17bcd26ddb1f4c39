"""Deep Q-learning on a toy chain: replay buffer, target network, soft updates, epsilon-greedy in NumPy."""
import random

import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(1)
STATES, ACTIONS, GAMMA, TAU = 5, 2, 0.95, 0.1


def build():
    return keras.Sequential(
        [keras.layers.Input((STATES,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(ACTIONS)]
    )


online, target = build(), build()
target.set_weights(online.get_weights())
optimizer = keras.optimizers.Adam(5e-3)
huber = keras.losses.Huber()
buffer = []


def one_hot(state):
    return np.eye(STATES, dtype="float32")[state]


def environment(state, action):
    state = min(state + 1, STATES - 1) if action == 1 else max(state - 1, 0)
    return state, float(state == STATES - 1), state == STATES - 1


def act(state, epsilon):
    if random.random() < epsilon:
        return random.randrange(ACTIONS)
    return int(np.argmax(online(one_hot(state)[None]).numpy()[0]))


def learn(batch):
    states, actions, rewards, following, done = map(np.array, zip(*batch))
    next_values = tf.reduce_max(target(one_hot(following)), axis=1)
    goals = rewards.astype("float32") + GAMMA * (1.0 - done.astype("float32")) * next_values
    with tf.GradientTape() as tape:
        q_values = online(one_hot(states))
        chosen = tf.reduce_sum(q_values * tf.one_hot(actions, ACTIONS), axis=1)
        loss = huber(goals, chosen)
    gradients = tape.gradient(loss, online.trainable_variables)
    optimizer.apply_gradients(zip(gradients, online.trainable_variables))
    for slow, fast in zip(target.trainable_variables, online.trainable_variables):
        slow.assign(TAU * fast + (1 - TAU) * slow)
    return float(loss)


state, losses = 0, []
for step in range(60):
    action = act(state, epsilon=max(0.1, 1 - step / 40))
    following, reward, done = environment(state, action)
    buffer.append((state, action, reward, following, done))
    state = 0 if done else following
    if len(buffer) >= 16 and step % 4 == 0:
        losses.append(learn(random.sample(buffer, 16)))
print(losses)
