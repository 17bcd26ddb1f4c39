"""Two generators and two discriminators on one persistent tape, with identity and cycle losses."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(314)
rng = np.random.default_rng(314)
horses = (rng.normal(size=(32, 4)) + 1.0).astype("float32")
zebras = (rng.normal(size=(32, 4)) * 0.5 - 1.0).astype("float32")


def dense_net(outputs):
    return keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(12, activation="relu"), keras.layers.Dense(outputs)])


to_zebra, to_horse = dense_net(4), dense_net(4)
judge_zebra, judge_horse = dense_net(1), dense_net(1)
models = {"to_zebra": to_zebra, "to_horse": to_horse, "judge_zebra": judge_zebra, "judge_horse": judge_horse}
optimizers = {name: keras.optimizers.Adam(2e-3, beta_1=0.5) for name in models}
bce = keras.losses.BinaryCrossentropy(from_logits=True)


def fool(scores):
    return bce(tf.ones_like(scores), scores)


def judge(real, fake):
    return 0.5 * (bce(tf.ones_like(real), real) + bce(tf.zeros_like(fake), fake))


def train_step(horse, zebra):
    with tf.GradientTape(persistent=True) as tape:
        fake_zebra, fake_horse = to_zebra(horse), to_horse(zebra)
        cycle = tf.reduce_mean(tf.abs(to_horse(fake_zebra) - horse)) + tf.reduce_mean(tf.abs(to_zebra(fake_horse) - zebra))
        losses = {
            "to_zebra": fool(judge_zebra(fake_zebra)) + 10 * cycle + tf.reduce_mean(tf.abs(to_zebra(zebra) - zebra)),
            "to_horse": fool(judge_horse(fake_horse)) + 10 * cycle + tf.reduce_mean(tf.abs(to_horse(horse) - horse)),
            "judge_zebra": judge(judge_zebra(zebra), judge_zebra(fake_zebra)),
            "judge_horse": judge(judge_horse(horse), judge_horse(fake_horse)),
        }
    for name, model in models.items():
        gradients = tape.gradient(losses[name], model.trainable_variables)
        optimizers[name].apply_gradients(zip(gradients, model.trainable_variables))
    return {name: float(loss) for name, loss in losses.items()}


for epoch in range(2):
    for start in range(0, 32, 16):
        report = train_step(horses[start : start + 16], zebras[start : start + 16])
    print(epoch, report)
