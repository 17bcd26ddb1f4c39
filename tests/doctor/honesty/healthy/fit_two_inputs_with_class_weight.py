"""A functional model with two inputs, class weights and several metrics, trained by `fit`, then evaluated by hand."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(11)
rng = np.random.default_rng(11)

numbers = rng.normal(size=(240, 5)).astype("float32")
words = rng.integers(0, 30, size=(240, 6))
labels = ((numbers[:, 0] + (words[:, 0] > 20)) > 0.8).astype("float32")

number_input = keras.layers.Input((5,), name="numbers")
word_input = keras.layers.Input((6,), dtype="int32", name="words")
embedded = keras.layers.Embedding(30, 4)(word_input)
pooled = keras.layers.GlobalAveragePooling1D()(embedded)
joined = keras.layers.Concatenate()([number_input, pooled])
hidden = keras.layers.Dense(16, activation="gelu")(joined)
hidden = keras.layers.Dropout(0.1)(hidden)
output = keras.layers.Dense(1, activation="sigmoid")(hidden)
model = keras.Model([number_input, word_input], output)

model.compile(
    optimizer=keras.optimizers.AdamW(3e-3, weight_decay=1e-3),
    loss=keras.losses.BinaryCrossentropy(),
    metrics=[keras.metrics.AUC(), keras.metrics.Precision(), "accuracy"],
)
share = float(labels.mean())
history = model.fit(
    {"numbers": numbers, "words": words},
    labels,
    class_weight={0: 1.0, 1: (1 - share) / share},
    batch_size=40,
    epochs=3,
    validation_split=0.2,
    verbose=0,
)
probabilities = model.predict({"numbers": numbers, "words": words}, verbose=0)[:, 0]
threshold = np.quantile(probabilities, 1 - share)
decided = (probabilities > threshold).astype("float32")
print("validation", history.history["val_loss"][-1])
print("agreement", float((decided == labels).mean()))
print("log loss", float(tf.reduce_mean(keras.losses.binary_crossentropy(labels[:, None], probabilities[:, None]))))
