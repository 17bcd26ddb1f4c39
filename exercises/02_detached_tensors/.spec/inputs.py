"""Two draws: pictures, labels and weights. The weights make every step count: features beyond both of their limits, and
an attention that would look at the stuck pixel if it were let."""

import numpy as np

SHAPES = {
    "prototypes": (5, 12),
    "log_scale": (),
    "encoder/kernel": (3, 3, 1, 12),
    "encoder/bias": (12,),
    "attention/kernel": (12, 1),
}


def inputs(rng: np.random.Generator) -> list[dict[str, np.ndarray]]:
    return [draw(rng, batch) for batch in (5, 8)]


def draw(rng: np.random.Generator, batch: int) -> dict[str, np.ndarray]:
    images = rng.uniform(0.0, 1.5, size=(batch, 8, 8, 1))
    images[:, 0, 0] = 3.0
    weights = {
        "prototypes": rng.normal(size=SHAPES["prototypes"]),
        "log_scale": rng.uniform(0.7, 1.3, size=SHAPES["log_scale"]),
        "encoder/kernel": rng.normal(size=SHAPES["encoder/kernel"]),
        "encoder/bias": rng.normal(1.0, 0.5, size=SHAPES["encoder/bias"]),
        "attention/kernel": rng.normal(0.0, 0.1, size=SHAPES["attention/kernel"]),
    }
    directions = {f"direction {name}": rng.normal(size=shape) for name, shape in SHAPES.items()}
    arrays = {"images": images, **weights, **directions}
    labels = rng.integers(0, 5, size=batch).astype(np.int32)
    return {"labels": labels, **{name: np.asarray(array, np.float32) for name, array in arrays.items()}}
