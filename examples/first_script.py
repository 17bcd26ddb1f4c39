"""A small training of one's own, with a mistake in it that raises no error: let the doctor find it.

python -m grader doctor examples/first_script.py
"""

import numpy as np
import tensorflow as tf

rng = np.random.default_rng(1)
warmth = rng.uniform(10.0, 35.0, 64).astype("float32")  # °C at noon
scoops = 4.0 * warmth - 20.0 + rng.normal(0.0, 5.0, 64).astype("float32")  # of ice cream sold that day

model = tf.keras.Sequential([tf.keras.Input((1,)), tf.keras.layers.Dense(1)])
optimizer = tf.keras.optimizers.Adam(0.5)

for _ in range(200):
    with tf.GradientTape() as tape:
        sold = model(warmth[:, None])
        loss = tf.reduce_mean(tf.square(sold - scoops))
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply(gradients, model.trainable_variables)

print(f"at 15 °C: {model(np.array([[15.0]]))[0, 0]:.0f} scoops, at 30 °C: {model(np.array([[30.0]]))[0, 0]:.0f}")
