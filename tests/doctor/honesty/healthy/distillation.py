"""Knowledge distillation: a trained teacher, not frozen by any flag, is called inside the student's tape."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(131)
rng = np.random.default_rng(131)
x = rng.normal(size=(90, 6)).astype("float32")
y = np.argmax(x @ rng.normal(size=(6, 3)), axis=1)

teacher = keras.Sequential([keras.layers.Input((6,)), keras.layers.Dense(32, activation="relu"), keras.layers.Dense(3)])
teacher.compile(
    optimizer="adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"]
)
teacher.fit(x, y, epochs=2, batch_size=30, verbose=0)

student = keras.Sequential([keras.layers.Input((6,)), keras.layers.Dense(4, activation="relu"), keras.layers.Dense(3)])
optimizer = keras.optimizers.Adam(0.01)
hard_loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
soft_loss = keras.losses.KLDivergence()
TEMPERATURE, ALPHA = 3.0, 0.3


def agreement(features):
    one = np.argmax(teacher.predict(features, verbose=0), axis=1)
    two = np.argmax(student.predict(features, verbose=0), axis=1)
    return float(np.mean(one == two))


for epoch in range(3):
    for start in range(0, 90, 30):
        batch_x, batch_y = x[start : start + 30], y[start : start + 30]
        with tf.GradientTape() as tape:
            teacher_logits = teacher(batch_x, training=False)
            student_logits = student(batch_x, training=True)
            hard = hard_loss(batch_y, student_logits)
            soft = soft_loss(
                tf.nn.softmax(teacher_logits / TEMPERATURE), tf.nn.softmax(student_logits / TEMPERATURE)
            )
            loss = ALPHA * hard + (1 - ALPHA) * TEMPERATURE**2 * soft
        gradients = tape.gradient(loss, student.trainable_variables)
        optimizer.apply_gradients(zip(gradients, student.trainable_variables))
    print(epoch, float(loss), agreement(x))
