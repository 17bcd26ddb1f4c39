"""Layers are frozen one after the other between calls of `fit`, compiled again each time, with a summary in between."""
import numpy as np
from tensorflow import keras

keras.utils.set_random_seed(15)
rng = np.random.default_rng(15)
images = rng.uniform(size=(96, 10, 10, 1)).astype("float32")
labels = (images[:, :5].mean(axis=(1, 2, 3)) > images[:, 5:].mean(axis=(1, 2, 3))).astype("int32")

model = keras.Sequential(
    [
        keras.layers.Input((10, 10, 1)),
        keras.layers.Conv2D(6, 3, activation="relu", name="low"),
        keras.layers.MaxPooling2D(),
        keras.layers.Conv2D(8, 3, activation="relu", name="high"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(12, activation="relu", name="mix"),
        keras.layers.Dense(2, name="logits"),
    ]
)


def compiled(rate):
    model.compile(
        optimizer=keras.optimizers.SGD(rate, momentum=0.9, nesterov=True),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )


record = {}
for phase, frozen in enumerate([None, "low", "high"]):
    if frozen:
        model.get_layer(frozen).trainable = False
    compiled(0.05 / (phase + 1))
    before = {layer.name: [weight.numpy() for weight in layer.weights] for layer in model.layers}
    history = model.fit(images, labels, epochs=2, batch_size=16, verbose=0)
    moved = {
        name: float(sum(np.abs(new - old).sum() for new, old in zip(model.get_layer(name).get_weights(), values)))
        for name, values in before.items()
        if values
    }
    record[frozen] = (history.history["loss"][-1], moved)
    print(phase, frozen, len(model.trainable_variables), history.history["loss"][-1])
    print({name: round(distance, 3) for name, distance in moved.items()})

print("accuracy", model.evaluate(images, labels, verbose=0)[1])
