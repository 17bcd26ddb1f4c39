# One label and three outputs.
# code: GRAD026
# culprit: compile
# says: stretched to each other
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(1)
rng = np.random.default_rng(0)
x = rng.normal(size=(64, 4)).astype("float32")

y = x[:, :1]
model = keras.Sequential(
    [
        keras.Input((4,)),
        keras.layers.Dense(8, activation="relu"),
        keras.layers.Dense(3),
    ]
)
model.compile("adam", "mse")
model.fit(x, y, epochs=2, verbose=0)
