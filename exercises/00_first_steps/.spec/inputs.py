"""Draws measurements, and the parameters from which the first step starts. Foam that is higher than the notebook's is
measured during its first seconds only: later, steps of the contract's size would make the parameters explode."""

import numpy as np

SIX_MINUTES, AN_HOUR, SECONDS = 6.0, 60.0, 0.05


def inputs(rng: np.random.Generator) -> list[dict[str, np.ndarray]]:
    return [
        draw(rng, 13, SIX_MINUTES),
        draw(rng, 1, SIX_MINUTES),
        draw(rng, 70, AN_HOUR),
        draw(rng, 12, SECONDS, size=20.0),
        draw(rng, 12, SIX_MINUTES, size=0.05),
    ]


def draw(rng: np.random.Generator, count: int, longest: float, size: float = 1.0) -> dict[str, np.ndarray]:
    minutes = rng.uniform(0.0, longest, count)
    heights = size * rng.uniform(1.0, 3.0) * np.exp(-rng.uniform(0.3, 0.6) * minutes) * rng.uniform(0.9, 1.1, count)
    arrays = {
        "minutes": minutes,
        "heights": heights,
        "start": size * rng.uniform(0.8, 1.5),
        "decay": rng.uniform(0.3, 0.8),
    }
    return {name: np.asarray(array, np.float32) for name, array in arrays.items()}
