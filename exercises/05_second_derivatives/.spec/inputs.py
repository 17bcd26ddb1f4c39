"""Draws weights, buoys and points on the coast: like the notebook's, and out to where the contract reaches.

No buoy drifts so slowly that the direction of its current, which `speed_change` depends on, would be rounding.
"""

import numpy as np

HIDDEN = 20
SATURATED = 10  # of the hidden units, where something is large: the second derivative of such a unit is mostly rounding
SLOW = 0.3  # of the typical speed
RTOL, RTOL_SATURATED = 1e-4, 5e-4
MOST_BUOYS, MOST_COAST = 80, 21  # in the notebook

Arrays = dict[str, np.ndarray]


def inputs(rng: np.random.Generator) -> dict[str, Arrays]:
    """Most have the same number of rows: a repair in a tf.function is traced anew for each other one."""
    return {
        "buoys like the notebook's": {"once": np.asarray(True), **draw(rng), **others(rng)},
        "a single buoy and a single point on the coast": draw(rng, buoys=1, coast=1),
        "an odd number of buoys, more than in the notebook": draw(rng, buoys=163, coast=47),
        "a bay that is ten times larger, with measurements a hundred times larger": draw(rng, bay=10.0, measured=100.0),
        "weights that are ten times larger, so that half of the units are saturated": draw(rng, weights=10.0),
        "weights and measurements that are thirty times smaller": draw(rng, weights=1 / 30, measured=1e-3),
    }


reach = {
    "buoys like the notebook's": lambda draw: 1 < len(draw["positions"]) < MOST_BUOYS,
    "a single buoy and a single point on the coast": lambda draw: len(draw["positions"]) == len(draw["coast"]) == 1,
    "an odd number of buoys, more than in the notebook": lambda draw: (
        len(draw["positions"]) > MOST_BUOYS and len(draw["positions"]) % 2 == 1 and len(draw["coast"]) > MOST_COAST
    ),
    "a bay that is ten times larger, with measurements a hundred times larger": lambda draw: (
        draw["positions"].max() > 10.0 and np.abs(draw["spins"]).max() > 30.0
    ),
    "weights that are ten times larger, so that half of the units are saturated": lambda draw: (
        np.abs(units(draw)).max() > 0.99999 and np.abs(units(draw)).min(axis=1).max() < 0.9
    ),
    "weights and measurements that are thirty times smaller": lambda draw: (
        max(np.abs(draw[name]).max() for name in ("hidden/kernel", "output/kernel", "spins")) < 0.2
    ),
}


def draw(
    rng: np.random.Generator,
    buoys: int = 9,
    coast: int = 5,
    bay: float = 1.0,
    weights: float = 1.0,
    measured: float = 1.0,
) -> Arrays:
    large = max(bay, weights) > 1.0
    sizes = np.full(HIDDEN, weights)
    if large:
        sizes[SATURATED:] = 1.0 / bay
    kernel = sizes * rng.normal(0.0, 1.2, (2, HIDDEN))
    bends = bay * rng.uniform([0.0, 0.0], [4.0, 2.4], (HIDDEN, 2))
    arrays = {
        "hidden/kernel": kernel,
        "hidden/bias": -np.sum(bends.T * kernel, axis=0),
        "output/kernel": min(weights, 1.0) * rng.normal(0.0, 0.5, (HIDDEN, 1)),
    }
    if large:
        arrays["output/kernel"][:SATURATED] *= 0.05
        arrays["output/kernel"][SATURATED:] *= bay
    arrays |= {
        "positions": drifting(rng, arrays, buoys, bay),
        "currents": measured * rng.normal(0.0, 0.5, (buoys, 2)),
        "spins": measured * rng.normal(0.0, 1.0, buoys),
        "coast": np.stack([bay * rng.uniform(0.0, 4.0, coast), np.zeros(coast)], axis=1),
    }
    converted = {name: np.asarray(array, np.float32) for name, array in arrays.items()}
    return {**converted, "rtol": np.asarray(RTOL_SATURATED if large else RTOL)}


def others(rng: np.random.Generator) -> Arrays:
    """Another coast and other vorticities for the same buoys: what changes with them shows one term of the loss."""
    return {
        "other coast": np.stack([rng.uniform(0.0, 4.0, 5), np.zeros(5)], axis=1).astype(np.float32),
        "other spins": rng.normal(0.0, 1.0, 9).astype(np.float32),
    }


def drifting(rng: np.random.Generator, weights: Arrays, count: int, bay: float) -> np.ndarray:
    """Positions at which there is a current."""

    def anywhere(number: int) -> np.ndarray:
        return bay * rng.uniform([0.0, 0.0], [4.0, 2.4], (number, 2))

    typical = np.median(speed(weights, anywhere(100)))
    positions = anywhere(count)
    while np.any(slow := speed(weights, positions) < SLOW * typical):
        positions[slow] = anywhere(int(np.count_nonzero(slow)))
    return positions


def speed(weights: Arrays, positions: np.ndarray) -> np.ndarray:
    hidden = np.tanh(positions @ weights["hidden/kernel"] + weights["hidden/bias"])
    slope = ((1 - hidden**2) * weights["output/kernel"][:, 0]) @ weights["hidden/kernel"].T
    return np.asarray(np.linalg.norm(slope, axis=1))


def units(draw: Arrays) -> np.ndarray:
    """What the hidden units return at each buoy."""
    return np.asarray(np.tanh(draw["positions"] @ draw["hidden/kernel"] + draw["hidden/bias"]))
