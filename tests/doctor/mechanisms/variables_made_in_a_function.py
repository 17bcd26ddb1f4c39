# Variables that are made at the first call of a compiled method: healthy.
class Dense(tf.Module):
    def __init__(self, units):
        super().__init__()
        self.units, self.built = units, False

    def __call__(self, x):
        if not self.built:
            self.w = tf.Variable(tf.random.normal((x.shape[-1], self.units)) * 0.1, name="w")
            self.b = tf.Variable(tf.zeros((self.units,)), name="b")
            self.built = True
        return tf.matmul(x, self.w) + self.b


class Net(tf.Module):
    def __init__(self):
        super().__init__()
        self.layers = [Dense(8), Dense(1)]

    @tf.function
    def __call__(self, x):
        return self.layers[1](tf.nn.relu(self.layers[0](x)))


net = Net()
x, y = tf.random.normal((32, 4)), tf.random.normal((32, 1))
for _ in range(5):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((net(x) - y) ** 2)
    grads = tape.gradient(loss, net.trainable_variables)
    for g, v in zip(grads, net.trainable_variables):
        v.assign_sub(0.1 * g)
print(float(loss))
