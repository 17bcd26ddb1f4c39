"""REINFORCE: actions are sampled, the environment is NumPy, returns are constants: all as it should be."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(71)
rng = np.random.default_rng(71)
policy = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(8, activation="tanh"), keras.layers.Dense(2)])
optimizer = keras.optimizers.Adam(0.02)


class Corridor:
    def __init__(self):
        self.position, self.time = 0.0, 0

    def observe(self):
        return np.array([self.position, self.time / 10], "float32")

    def step(self, action):
        self.position += 0.5 if action == 1 else -0.5
        self.time += 1
        return float(self.position), self.time >= 6


def run_episode():
    world, observations, actions, rewards = Corridor(), [], [], []
    done = False
    while not done:
        observation = world.observe()
        logits = policy(observation[None])
        action = int(tf.random.categorical(logits, 1)[0, 0])
        reward, done = world.step(action)
        observations.append(observation)
        actions.append(action)
        rewards.append(reward)
    return np.array(observations), np.array(actions), rewards


def discounted(rewards, gamma=0.9):
    returns, running = [], 0.0
    for reward in reversed(rewards):
        running = reward + gamma * running
        returns.insert(0, running)
    returns = np.array(returns, "float32")
    return (returns - returns.mean()) / (returns.std() + 1e-6)


for episode in range(6):
    observations, actions, rewards = run_episode()
    advantages = discounted(rewards)
    with tf.GradientTape() as tape:
        log_probabilities = tf.nn.log_softmax(policy(observations))
        chosen = tf.gather(log_probabilities, actions, batch_dims=1)
        loss = -tf.reduce_mean(chosen * advantages)
    gradients = tape.gradient(loss, policy.trainable_variables)
    optimizer.apply_gradients(zip(gradients, policy.trainable_variables))
    print(episode, sum(rewards), float(loss))
