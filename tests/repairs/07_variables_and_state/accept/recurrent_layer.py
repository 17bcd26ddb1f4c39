# what = "a Keras RNN with a cell of its own, in a functional model"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 3
class Stores(tf.keras.Layer):
    """The cell: output and state of one hour."""

    state_size, output_size = STORES, 1

    def build(self, input_shape):
        guess = tf.keras.initializers.Constant(FIRST_GUESS)
        self.leak = self.add_weight(shape=(STORES,), initializer=guess, name="leak")
        self.runoff = self.add_weight(shape=(), initializer="zeros", name="runoff")

    def call(self, falling, states):
        share = tf.sigmoid(self.runoff)
        outflow = tf.sigmoid(self.leak) * states[0]
        inflow = tf.concat([(1.0 - share) * falling, outflow[:, :-1]], axis=1)
        return share * falling + outflow[:, -1:], [states[0] - outflow + inflow]


class Brook(tf.keras.Layer):
    def build(self, input_shape):
        self.log_area = self.add_weight(shape=(), initializer="zeros", name="log_area")
        self.base = self.add_weight(shape=(), initializer="zeros", name="base")

    def call(self, arriving):
        return self.base + tf.exp(self.log_area) * arriving[:, :, 0]


def build_model():
    rain, brook = tf.keras.Input((None, 1)), Brook()
    model = tf.keras.Model(rain, brook(tf.keras.layers.RNN(Stores(), return_sequences=True, unroll=False)(rain)))
    model.leak, model.runoff = model.layers[1].cell.leak, model.layers[1].cell.runoff
    model.log_area, model.base = brook.log_area, brook.base
    return model


def forecast(model, rain):
    return model(tf.convert_to_tensor(rain)[:, :, tf.newaxis])
