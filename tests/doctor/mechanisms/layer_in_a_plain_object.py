# A layer in an object that Keras does not look into.
# code: GRAD008
# culprit: self.tower =
# says: does not know that it owns it
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(1)
rng = np.random.default_rng(0)
x = rng.normal(size=(64, 4)).astype("float32")


class Tower:
    def __init__(self, units):
        self.first = keras.layers.Dense(units, activation="relu")

    def __call__(self, x):
        return self.first(x)


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.tower = Tower(8)
        self.out = keras.layers.Dense(1)

    def call(self, x):
        return self.out(self.tower(x))


y = x[:, :1]
model = Net()
model.compile("adam", "mse")
model.fit(x, y, epochs=2, verbose=0)
