# A cross-entropy of a linear output.
# code: GRAD027
# culprit: compile
# says: no probabilities
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(1)
rng = np.random.default_rng(0)
x = rng.normal(size=(64, 4)).astype("float32")

y = keras.utils.to_categorical(rng.integers(0, 3, 64), 3)
model = keras.Sequential(
    [
        keras.Input((4,)),
        keras.layers.Dense(8, activation="relu"),
        keras.layers.Dense(3),
    ]
)
model.compile("adam", "categorical_crossentropy")
model.fit(x, y, epochs=2, verbose=0)
