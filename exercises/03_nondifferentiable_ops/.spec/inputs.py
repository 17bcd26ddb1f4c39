"""Readings, a fresh set of parameters, and arrays to try each operation of the chip on its own: like the notebook's,
and out to where the contract reaches.

The network is a staircase, so two right repairs that round differently in the last bit could land on different steps.
What lies within MARGIN of an edge is therefore drawn again. What tries an operation lies on both sides of each edge,
and on those edges of which the contract says to which side they belong.
"""

from collections.abc import Callable

import numpy as np

BANDS, UNITS, STATES = 12, 16, 3
STEP, LIMIT, SHARPNESS = 1 / 8, 7 / 8, 10.0
MARGIN = 1e-4
NEAR = 2e-3  # from an edge, on either side
MOST_READINGS = 240  # in the notebook

Arrays = dict[str, np.ndarray]


def inputs(rng: np.random.Generator) -> dict[str, Arrays]:
    return {
        "readings like the notebook's": {"once": np.asarray(True), **draw(rng, 8, (6, 7), BANDS)},
        "values just beside every edge, on both sides": draw(rng, 5, (6, 7), BANDS, near_edges=True),
        "a single reading": draw(rng, 1, (7,), BANDS),
        "an odd number of readings, more than in the notebook": draw(rng, 301, (3, 2, 4), 5),
        "levels, weights and sums that are ten times larger": draw(rng, 7, (6, 7), BANDS, size=10.0),
        "levels, weights and sums that are thirty times smaller": draw(rng, 7, (6, 7), BANDS, size=1 / 30),
    }


reach = {
    "readings like the notebook's": lambda draw: bool(np.abs(draw["hidden_kernel"]).max() > LIMIT),
    "values just beside every edge, on both sides": lambda draw: all(
        both_sides(distance) for values in edges_of(draw).values() for distance in values
    ),
    "a single reading": lambda draw: len(draw["x"]) == 1 == draw["weights"].ndim,
    "an odd number of readings, more than in the notebook": lambda draw: (
        len(draw["x"]) > MOST_READINGS and len(draw["x"]) % 2 == 1 and draw["weights"].ndim == 3
    ),
    "levels, weights and sums that are ten times larger": lambda draw: (
        draw["x"].max() > 5.0 and np.abs(draw["activations"]).max() > 10.0 and np.abs(draw["weights"]).max() > 5.0
    ),
    "levels, weights and sums that are thirty times smaller": lambda draw: (
        draw["x"].max() < 0.05 and np.abs(draw["activations"]).max() < 0.1 and np.abs(draw["weights"]).max() < 0.1
    ),
}


def draw(
    rng: np.random.Generator,
    readings: int,
    shape: tuple[int, ...],
    bands: int,
    size: float = 1.0,
    near_edges: bool = False,
) -> Arrays:
    """`shape` and `bands`: of the arrays that try the operations, which are not bound to the sensor's."""
    # Levels and thresholds below zero too, unless a logistic curve that is written out would then overflow.
    lowest, lowest_threshold = (-0.5, -0.3) if size <= 1.0 else (0.02, 0.1)
    arrays = {
        "threshold": size * rng.uniform(0.1, 0.6, BANDS),
        "hidden_kernel": off_grid(rng, (BANDS, UNITS), size),
        # Small weights are all rounded to zero, and then the bias alone is the sum.
        "hidden_bias": away(lambda n: size * rng.uniform(-0.3, 0.3, n), (UNITS,), (0.0,)),
        "output_kernel": off_grid(rng, (UNITS, STATES), size),
        "output_bias": rng.uniform(-0.5, 0.5, STATES),
        "weights": off_grid(rng, shape, size),
        "activations": away(lambda n: size * rng.uniform(-2.0, 2.0, n), shape, (-1.0, 0.0, 1.0)),
        "thresholds": size * rng.uniform(lowest_threshold, 0.9, bands),
    }
    arrays["levels"] = np.stack(
        [
            away(lambda n: size * rng.uniform(lowest, 0.98, n), (len(shape) + 4,), (edge,))
            for edge in arrays["thresholds"]
        ],
        axis=1,
    )
    if near_edges:
        # Not at the edges themselves: a slope there is a matter of convention, and TensorFlow's own operations differ.
        put(arrays["weights"], [edge + side for edge in (-LIMIT, LIMIT, STEP / 2) for side in (-NEAR, NEAR)])
        put(arrays["activations"], [edge + side for edge in (-1.0, 1.0, 0.0) for side in (-NEAR, NEAR)])
        arrays["levels"][:2] = arrays["thresholds"] + NEAR * np.array([[-1.0], [1.0]])
    for name in ("weights", "activations", "levels"):
        for copy in (1, 2):
            arrays[f"{name}_upstream_{copy}"] = rng.normal(size=arrays[name].shape)
    arrays["x"] = np.stack([reading(rng, arrays, size) for _ in range(readings)])
    converted = {name: array.astype(np.float32) for name, array in arrays.items()}
    converted["y"] = rng.integers(0, STATES, readings).astype(np.int32)
    return converted


def off_grid(rng: np.random.Generator, shape: tuple[int, ...], size: float) -> np.ndarray:
    """Weights within and beyond the 4-bit range, none of them near the middle between two steps, where one is rounded
    up and the other down, nor near the range's ends."""

    def weights(count: int) -> np.ndarray:
        return size * STEP * (rng.integers(-9, 10, count) + rng.uniform(-0.45, 0.45, count))

    middles = STEP * (np.arange(-7, 7) + 0.5)
    return away(weights, shape, (*middles, -LIMIT, LIMIT))


def away(values: Callable[[int], np.ndarray], shape: tuple[int, ...], edges: tuple[float, ...]) -> np.ndarray:
    """Values of this shape, none of them near an edge."""
    drawn = values(int(np.prod(shape)))
    while np.any(bad := np.min([np.abs(drawn - edge) for edge in edges], axis=0) < MARGIN):
        drawn[bad] = values(int(np.count_nonzero(bad)))
    return drawn.reshape(shape)


def reading(rng: np.random.Generator, arrays: Arrays, size: float) -> np.ndarray:
    """One row of levels that opens each gate, and sets each unit, beyond doubt."""
    kernel = np.clip(np.round(arrays["hidden_kernel"] / STEP) * STEP, -LIMIT, LIMIT)
    while True:
        x = size * rng.uniform(0.02, 0.98, BANDS)
        hidden = (x * (x > arrays["threshold"])) @ kernel + arrays["hidden_bias"]
        distances = [x - arrays["threshold"], hidden, np.abs(hidden) - 1.0]
        if all(np.abs(distance).min() > MARGIN for distance in distances):
            return x


def put(array: np.ndarray, values: list[float], start: int = 0) -> None:
    array.reshape(-1)[start : start + len(values)] = values


def edges_of(arrays: Arrays) -> dict[str, list[np.ndarray]]:
    """How far the values lie from each edge of an operation."""
    return {
        "weights": [arrays["weights"] - edge for edge in (-LIMIT, LIMIT, STEP / 2)],
        "activations": [arrays["activations"] - edge for edge in (-1.0, 0.0, 1.0)],
        "levels": [arrays["levels"] - arrays["thresholds"]],
    }


def both_sides(distances: np.ndarray) -> bool:
    near = distances[np.abs(distances) < 1.1 * NEAR]
    return bool(np.any(near < 0) and np.any(near > 0))
