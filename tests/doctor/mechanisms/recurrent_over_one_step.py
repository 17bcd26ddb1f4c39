# A recurrent layer over one time step.
# code: GRAD009
# culprit: LSTM
# says: only ever multiplied with zeros
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(1)
rng = np.random.default_rng(0)
x = rng.normal(size=(64, 4)).astype("float32")

y = x[:, :1]
model = keras.Sequential(
    [
        keras.Input((1, 4)),
        keras.layers.LSTM(5),
        keras.layers.Dense(1),
    ]
)
model.compile("adam", "mse")
model.fit(x[:, None, :], y, epochs=2, verbose=0)
