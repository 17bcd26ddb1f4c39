"""Bayes by backprop: weights are drawn from learned means and deviations, the bound is logged piece by piece."""
import numpy as np
import tensorflow as tf

tf.random.set_seed(18)
rng = np.random.default_rng(18)
x = rng.uniform(-1, 1, size=(50, 1)).astype("float32")
y = (0.7 * x - 0.2 + rng.normal(0, 0.1, size=(50, 1))).astype("float32")
SHAPES = {"w": (1, 1), "b": (1,)}

means = {name: tf.Variable(tf.zeros(shape), name=f"mean_{name}") for name, shape in SHAPES.items()}
rhos = {name: tf.Variable(tf.fill(shape, -2.0), name=f"rho_{name}") for name, shape in SHAPES.items()}
log_noise = tf.Variable(-1.0, name="log_noise")
variables = [*means.values(), *rhos.values(), log_noise]


def draw():
    drawn, divergence = {}, 0.0
    for name in SHAPES:
        deviation = tf.nn.softplus(rhos[name])
        drawn[name] = means[name] + deviation * tf.random.normal(deviation.shape)
        divergence += tf.reduce_sum(0.5 * (deviation**2 + means[name] ** 2 - 1.0) - tf.math.log(deviation))
    return drawn, divergence


@tf.function
def step():
    with tf.GradientTape() as tape:
        drawn, divergence = draw()
        residual = (tf.matmul(x, drawn["w"]) + drawn["b"] - y) / tf.exp(log_noise)
        likelihood = -tf.reduce_sum(0.5 * residual**2 + log_noise)
        bound = likelihood - divergence
        loss = -bound
    gradients = tape.gradient(loss, variables)
    optimizer.apply_gradients(zip(gradients, variables))
    return bound, likelihood, divergence


optimizer = tf.keras.optimizers.Adam(0.05)
optimizer.build(variables)
for number in range(30):
    bound, likelihood, divergence = step()
    if number % 10 == 0:
        print(number, float(bound), float(likelihood), float(divergence))
print({name: mean.numpy().ravel() for name, mean in means.items()}, np.exp(log_noise.numpy()))
