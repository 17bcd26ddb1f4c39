"""Hidden inputs: readings, a fresh set of parameters, and arrays to try each operation of the chip on its own.

The network is a staircase, so two right repairs that round differently in the last bit could land on different steps.
Draws are therefore repeated until no value lies within MARGIN of an edge.
"""

import numpy as np

BANDS, UNITS, STATES = 12, 16, 3
STEP, LIMIT = 1 / 8, 7 / 8
MARGIN = 1e-4
BATCHES = (5, 8)


def inputs(rng: np.random.Generator) -> list[dict[str, np.ndarray]]:
    return [draw(rng, batch) for batch in BATCHES]


def draw(rng: np.random.Generator, batch: int) -> dict[str, np.ndarray]:
    while True:
        arrays = attempt(rng, batch)
        if clear_of_edges(arrays):
            return arrays


def attempt(rng: np.random.Generator, batch: int) -> dict[str, np.ndarray]:
    arrays = {
        "threshold": rng.uniform(0.1, 0.6, BANDS),
        "hidden_kernel": off_grid(rng, (BANDS, UNITS)),
        "hidden_bias": rng.uniform(-0.3, 0.3, UNITS),
        "output_kernel": off_grid(rng, (UNITS, STATES)),
        "output_bias": rng.uniform(-0.5, 0.5, STATES),
        "x": rng.uniform(0.02, 0.98, (batch, BANDS)),
        "weights": off_grid(rng, (6, 7)),
        "activations": rng.uniform(-2.0, 2.0, (batch, 9)),
        "levels": rng.uniform(0.02, 0.98, (batch, BANDS)),
        "thresholds": rng.uniform(0.1, 0.9, BANDS),
        "direction": rng.normal(size=STATES),
    }
    for name in ("weights", "activations", "levels"):
        for copy in (1, 2):
            arrays[f"{name}_upstream_{copy}"] = rng.normal(size=arrays[name].shape)
    converted = {name: array.astype(np.float32) for name, array in arrays.items()}
    converted["y"] = rng.integers(0, STATES, batch).astype(np.int32)
    return converted


def off_grid(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Weights within and beyond the 4-bit range, none of them near the middle between two steps."""
    return STEP * (rng.integers(-9, 10, shape) + rng.uniform(-0.45, 0.45, shape))


def clear_of_edges(arrays: dict[str, np.ndarray]) -> bool:
    exact = {name: array.astype(np.float64) for name, array in arrays.items()}
    kernel = np.clip(np.round(exact["hidden_kernel"] / STEP) * STEP, -LIMIT, LIMIT)
    hidden = (exact["x"] * (exact["x"] > exact["threshold"])) @ kernel + exact["hidden_bias"]
    distances = [exact["x"] - exact["threshold"], exact["levels"] - exact["thresholds"]]
    distances += [np.abs(exact[name]) - LIMIT for name in ("hidden_kernel", "output_kernel", "weights")]
    distances += [edge for z in (hidden, exact["activations"]) for edge in (z, np.abs(z) - 1.0)]
    return all(np.abs(distance).min() > MARGIN for distance in distances)
