# what = "right but for the floor, which is made with trainable=False"
# base = "solution"
# status = "failed"
# fails = ["test_floor", "test_gradients"]
# %% cell 3
UNITS = 8


class BatDetector(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.floor = tf.keras.Variable(tf.fill([BANDS], 0.1), trainable=False, name="floor")
        self.listen = tf.keras.layers.Dense(UNITS, activation="tanh", name="listen")
        self.decide = tf.keras.layers.Dense(len(SPECIES), name="decide")
        self.listen.build((None, None, BANDS))
        self.decide.build((None, UNITS))

    def call(self, calls):
        levels = tf.cast(calls, tf.float32) / 255.0
        heard = self.listen(tf.nn.relu(levels - self.floor))
        return self.decide(tf.reduce_mean(heard, axis=1))


def build_model():
    return BatDetector()


def classify(model, calls):
    return model(calls)
