# culprit: mask = tf.cast(tf.argmax(logits, axis=-1), tf.float32)
# causes: nondifferentiable_op, integer_dtype, wrong_target
"""Binary segmentation with a Dice loss on hard masks."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(3)
rng = np.random.default_rng(3)


def make_images(count):
    images = rng.normal(scale=0.3, size=(count, 10, 10, 1)).astype("float32")
    masks = np.zeros((count, 10, 10), "float32")
    for index in range(count):
        top, left = rng.integers(0, 6, size=2)
        masks[index, top : top + 4, left : left + 4] = 1.0
    images[..., 0] += masks
    return images, masks


def dice_loss(truth, logits, smooth=1.0):
    mask = tf.cast(tf.argmax(logits, axis=-1), tf.float32)
    overlap = tf.reduce_sum(mask * truth, axis=(1, 2))
    total = tf.reduce_sum(mask, axis=(1, 2)) + tf.reduce_sum(truth, axis=(1, 2))
    return 1.0 - tf.reduce_mean((2.0 * overlap + smooth) / (total + smooth))


model = keras.Sequential(
    [
        keras.layers.Input((10, 10, 1)),
        keras.layers.Conv2D(8, 3, padding="same", activation="relu"),
        keras.layers.Conv2D(2, 1),
    ]
)
images, masks = make_images(16)
optimizer = keras.optimizers.Adam(0.01)
for step in range(3):
    with tf.GradientTape() as tape:
        logits = model(images, training=True)
        loss = dice_loss(masks, logits)
    gradients = tape.gradient(loss, model.trainable_variables)
    print(step, "dice loss", loss.numpy(), "iou so far", float(np.mean(np.argmax(logits, -1) == masks)))
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
