"""Draws weights and a few stations of unequal length; the first time also a direction in which to move the weights:
partly their own, in which a lost penalty shows best, and partly any."""

import numpy as np

SHAPES = {
    "signal/kernel": (2, 8),
    "signal/bias": (8,),
    "weather/kernel": (2, 8),
    "weather/bias": (8,),
    "head/kernel": (8, 1),
    "head/bias": (1,),
}
MEAN = np.array([8.0, 72.0], dtype=np.float32)  # °C, %: fixed by the notebook
SPREAD = np.array([5.0, 12.0], dtype=np.float32)


def inputs(rng: np.random.Generator) -> list[dict[str, np.ndarray]]:
    return [_draw(rng, (6, 3), moved=True), _draw(rng, (4,), moved=False)]


def _draw(rng: np.random.Generator, hours: tuple[int, ...], moved: bool) -> dict[str, np.ndarray]:
    draw = {"mean": MEAN, "spread": SPREAD}
    for name, shape in SHAPES.items():
        draw[f"weights/{name}"] = _normal(rng, *shape)
        if moved:
            draw[f"direction/{name}"] = draw[f"weights/{name}"] + _normal(rng, *shape)
    for station, count in enumerate(hours):
        draw[f"electrodes/{station}"] = _normal(rng, count, 2)
        draw[f"weather/{station}"] = _normal(rng, count, 2)
        draw[f"no2/{station}"] = _normal(rng, count)
    draw["readings"] = MEAN + SPREAD * _normal(rng, hours[0], 2)
    return draw


def _normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.normal(0.0, 0.8, shape).astype(np.float32)
