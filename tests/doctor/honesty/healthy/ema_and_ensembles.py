"""Semi-supervised mean teacher: an exponential moving average of the weights gives targets, never a gradient."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(251)
rng = np.random.default_rng(251)
labelled_x = rng.normal(size=(16, 5)).astype("float32")
labelled_y = (labelled_x[:, 0] > 0).astype("int64")
unlabelled = rng.normal(size=(64, 5)).astype("float32")


def build():
    model = keras.Sequential(
        [
            keras.layers.Input((5,)),
            keras.layers.GaussianNoise(0.1),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(2),
        ]
    )
    return model


student, teacher = build(), build()
teacher.set_weights(student.get_weights())
optimizer = keras.optimizers.Adam(5e-3)
supervised = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
DECAY = 0.95

for step in range(12):
    rows = rng.integers(0, 64, size=16)
    batch = unlabelled[rows]
    with tf.GradientTape() as tape:
        student_probabilities = tf.nn.softmax(student(batch, training=True))
        teacher_probabilities = tf.nn.softmax(teacher(batch, training=True))
        consistency = tf.reduce_mean((student_probabilities - teacher_probabilities) ** 2)
        confident = tf.cast(tf.reduce_max(teacher_probabilities, axis=1) > 0.6, tf.float32)
        pseudo_labels = tf.argmax(teacher_probabilities, axis=1)
        pseudo = tf.nn.sparse_softmax_cross_entropy_with_logits(pseudo_labels, student(batch, training=True))
        loss = supervised(labelled_y, student(labelled_x, training=True))
        loss += consistency + 0.1 * tf.reduce_mean(confident * pseudo)
    gradients = tape.gradient(loss, student.trainable_variables)
    optimizer.apply_gradients(zip(gradients, student.trainable_variables))
    averaged = [DECAY * t + (1 - DECAY) * s for t, s in zip(teacher.get_weights(), student.get_weights())]
    teacher.set_weights(averaged)
    if step % 4 == 0:
        print(step, float(loss), float(consistency), float(tf.reduce_mean(confident)))
