# culprit: self.memory.assign(
# causes: stateful_write
"""A recurrent controller that keeps its hidden state in a tf.Variable between time steps."""
import numpy as np
import tensorflow as tf

tf.keras.utils.set_random_seed(22)
rng = np.random.default_rng(22)
STEPS, WIDTH, BATCH = 5, 6, 8


class Controller(tf.Module):
    def __init__(self):
        super().__init__()
        self.inward = tf.Variable(tf.random.normal((2, WIDTH), stddev=0.5), name="inward")
        self.across = tf.Variable(tf.eye(WIDTH) * 0.7, name="across")
        self.outward = tf.Variable(tf.random.normal((WIDTH, 1), stddev=0.5), name="outward")
        self.memory = tf.Variable(tf.zeros((BATCH, WIDTH)), trainable=False, name="memory")

    def forget(self):
        self.memory.assign(tf.zeros((BATCH, WIDTH)))

    def step(self, observation):
        self.memory.assign(tf.tanh(observation @ self.inward + self.memory @ self.across))

    def decide(self):
        return self.memory @ self.outward


controller = Controller()
variables = list(controller.trainable_variables)
optimizer = tf.keras.optimizers.Adam(0.02)
observations = rng.normal(size=(4, BATCH, STEPS, 2)).astype("float32")
answers = observations.sum(axis=(2, 3))[..., None].astype("float32")

for epoch in range(3):
    for batch, answer in zip(observations, answers):
        controller.forget()
        with tf.GradientTape() as tape:
            for t in range(STEPS):
                controller.step(batch[:, t])
            loss = tf.reduce_mean((controller.decide() - answer) ** 2)
        gradients = tape.gradient(loss, variables)
        usable = [(g, v) for g, v in zip(gradients, variables) if g is not None]
        optimizer.apply_gradients(usable)
    print(epoch, float(loss), len(usable), "of", len(variables))
