# culprit: log_probs = tf.nn.log_softmax(policy(observation[None]))
# causes: outside_tape
"""REINFORCE: the log-probabilities are collected while playing, before the tape is opened."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(403)
rng = np.random.default_rng(403)
policy = keras.Sequential(
    [keras.layers.Input((3,)), keras.layers.Dense(12, activation="relu"), keras.layers.Dense(2)]
)
optimizer = keras.optimizers.Adam(0.02)


class Balance:
    def reset(self):
        self.state = rng.normal(size=3).astype("float32") * 0.1
        return self.state

    def step(self, action):
        push = 0.2 if action == 1 else -0.2
        self.state = (0.95 * self.state + push * np.array([0, 0.5, 1.0])).astype("float32")
        return self.state, 1.0 - abs(float(self.state[1])), abs(self.state[1]) > 1.0


def play(environment, limit=8):
    observation, collected, rewards = environment.reset(), [], []
    for _ in range(limit):
        log_probs = tf.nn.log_softmax(policy(observation[None]))
        action = int(tf.random.categorical(log_probs, 1)[0, 0])
        collected.append(log_probs[0, action])
        observation, reward, done = environment.step(action)
        rewards.append(reward)
        if done:
            break
    return collected, rewards


environment = Balance()
for episode in range(3):
    collected, rewards = play(environment)
    returns = np.cumsum(rewards[::-1])[::-1].astype("float32")
    with tf.GradientTape() as tape:
        loss = -tf.reduce_sum(tf.stack(collected) * (returns - returns.mean()))
    gradients = tape.gradient(loss, policy.trainable_variables)
    print(episode, float(loss), sum(rewards), [g is not None for g in gradients])
    if all(g is not None for g in gradients):
        optimizer.apply_gradients(zip(gradients, policy.trainable_variables))
