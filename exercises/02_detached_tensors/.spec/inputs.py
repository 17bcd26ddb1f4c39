"""Two draws: weights, pictures, labels; in the first one also a direction for each variable. Every step of the contract
counts: features lie beyond both limits, and the stuck pixel would be heard if it were let. No feature lies so near to a
limit that rounding could decide on which side of it: two right repairs would then differ."""

import numpy as np

SHAPES = {
    "prototypes": (5, 12),
    "log_scale": (),
    "encoder/kernel": (3, 3, 1, 12),
    "encoder/bias": (12,),
    "attention/kernel": (12, 1),
}
LIMITS = (0.0, 6.0)
MARGIN = 3e-5  # ten times the rounding error of a feature


def inputs(rng: np.random.Generator) -> list[dict[str, np.ndarray]]:
    return [draw(rng, 12, SHAPES), draw(rng, 20, {})]


def draw(rng: np.random.Generator, batch: int, moved: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    weights = {
        "prototypes": rng.normal(size=SHAPES["prototypes"]),
        "log_scale": rng.uniform(0.7, 1.3, size=SHAPES["log_scale"]),
        "encoder/kernel": rng.normal(size=SHAPES["encoder/kernel"]),
        "encoder/bias": rng.normal(1.0, 0.5, size=SHAPES["encoder/bias"]),
        "attention/kernel": rng.normal(0.0, 0.2, size=SHAPES["attention/kernel"]),
    }
    images = [picture(rng, weights["encoder/kernel"], weights["encoder/bias"]) for _ in range(batch)]
    directions = {f"direction {name}": rng.normal(size=shape) for name, shape in moved.items()}
    arrays = {"images": images, **weights, **directions}
    labels = rng.integers(0, 5, size=batch).astype(np.int32)
    return {"labels": labels, **{name: np.asarray(array, np.float32) for name, array in arrays.items()}}


def picture(rng: np.random.Generator, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    while True:
        image = rng.uniform(0.0, 1.5, size=(8, 8))
        image[0, 0] = 3.0
        windows = np.lib.stride_tricks.sliding_window_view(image, (3, 3))
        features = np.einsum("ijkl,klf->ijf", windows, kernel[:, :, 0]) + bias
        if all(np.abs(features - limit).min() > MARGIN for limit in LIMITS):
            return image[..., np.newaxis]
