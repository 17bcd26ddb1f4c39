# what = "a functional Keras model with a layer for the floor; forward pass in keras.ops"
# base = "solution"
# status = "passed"
# fails = []
# %% cell 3
class Floor(tf.keras.layers.Layer):
    def build(self, shape):
        self.level = self.add_weight(shape=shape[-1:], initializer=tf.keras.initializers.Constant(0.1), name="floor")

    def call(self, levels):
        return tf.keras.ops.relu(levels - self.level)


def build_model():
    calls = tf.keras.Input((None, BANDS))
    x = Floor(name="floor")(tf.keras.layers.Rescaling(1 / 255)(calls))
    x = tf.keras.layers.Dense(8, "tanh", name="listen")(x)
    x = tf.keras.layers.GlobalAveragePooling1D()(x)
    return tf.keras.Model(calls, tf.keras.layers.Dense(len(SPECIES), name="decide")(x))


def classify(model, calls):
    return model(tf.cast(calls, tf.float32))


# %% cell 8
def disguise(model, calls, wanted, noise):
    noise = tf.convert_to_tensor(noise)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(noise)
        loss = compute_loss(model, tf.cast(calls, tf.float32) + noise, wanted)
        price = 0.002 * tf.reduce_mean(tf.square(noise))
    return loss + price, tape.gradient(loss, noise) + tape.gradient(price, noise)
