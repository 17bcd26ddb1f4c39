"""Advantage actor-critic: the whole episode runs inside the tape, values go to NumPy for returns, and come back."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(81)
rng = np.random.default_rng(81)

inputs = keras.layers.Input((3,))
common = keras.layers.Dense(12, activation="relu")(inputs)
actor = keras.layers.Dense(2, activation="softmax")(common)
critic = keras.layers.Dense(1)(common)
model = keras.Model(inputs, [actor, critic])
optimizer = keras.optimizers.Adam(0.01)
huber = keras.losses.Huber(reduction="sum")
epsilon = np.finfo(np.float32).eps.item()
running_reward = 0.0

for episode in range(5):
    state = rng.normal(size=3).astype("float32")
    chosen, values, rewards = [], [], []
    with tf.GradientTape() as tape:
        for step in range(8):
            probabilities, value = model(tf.expand_dims(tf.convert_to_tensor(state), 0))
            values.append(value[0, 0])
            weights = np.squeeze(probabilities).astype("float64")
            action = rng.choice(2, p=weights / weights.sum())
            chosen.append(tf.math.log(probabilities[0, action]))
            rewards.append(float(state[0]) if action == 1 else -float(state[0]))
            state = (0.8 * state + 0.3 * rng.normal(size=3)).astype("float32")
        running_reward = 0.05 * sum(rewards) + 0.95 * running_reward

        returns, discounted = [], 0.0
        for reward in rewards[::-1]:
            discounted = reward + 0.95 * discounted
            returns.insert(0, discounted)
        returns = np.array(returns)
        returns = ((returns - returns.mean()) / (returns.std() + epsilon)).tolist()

        actor_losses, critic_losses = [], []
        for log_probability, value, goal in zip(chosen, values, returns):
            difference = goal - float(value)
            actor_losses.append(-log_probability * difference)
            critic_losses.append(huber(tf.expand_dims(value, 0), tf.expand_dims(tf.constant(goal, tf.float32), 0)))
        loss = sum(actor_losses) + sum(critic_losses)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    print(episode, float(loss), running_reward)
