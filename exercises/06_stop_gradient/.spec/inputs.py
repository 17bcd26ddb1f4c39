"""Parameters and moments: like the notebook's, and out to where the contract reaches.

A wire whose level is 0.5 could be rounded either way, so every level keeps a distance from it.
"""

import numpy as np

SHAPES = {
    "wire_kernel": (3, 8),
    "wire_bias": (8,),
    "rudder_kernel": (8, 3),
    "rudder_bias": (3,),
    "value_kernel": (8, 1),
    "value_bias": (1,),
}
MARGIN = 1e-4  # from the edge, of what the level is computed from
MOST_MOMENTS = 640  # in the notebook
RTOL, RTOL_SATURATED = 2e-4, 5e-4

Arrays = dict[str, np.ndarray]


def inputs(rng: np.random.Generator) -> dict[str, Arrays]:
    return {
        "moments like the notebook's": {"once": np.asarray(True), **draw(rng, 12)},
        "a single moment": draw(rng, 1),
        "an odd number of moments, more than in the notebook": draw(rng, 701),
        "two moments with returns that are a hundred times larger": draw(rng, 2, returns=100.0),
        "states and wire weights that are ten times larger, so that levels are saturated": draw(rng, 12, states=10.0),
        "parameters, states and returns that are a hundred times smaller": draw(
            rng, 12, parameters=0.01, states=0.1, returns=0.01
        ),
    }


reach = {
    "moments like the notebook's": lambda draw: on_and_off(draw) and len(set(draw["orders"])) > 1,
    "a single moment": lambda draw: len(draw["states"]) == 1,
    "an odd number of moments, more than in the notebook": lambda draw: (
        len(draw["states"]) > MOST_MOMENTS and len(draw["states"]) % 2 == 1
    ),
    "two moments with returns that are a hundred times larger": lambda draw: (
        len(draw["states"]) == 2 and np.abs(draw["returns"]).min() > 20.0
    ),
    "states and wire weights that are ten times larger, so that levels are saturated": lambda draw: (
        np.abs(before_the_level(draw)).max() > 20.0 and on_and_off(draw)
    ),
    "parameters, states and returns that are a hundred times smaller": lambda draw: (
        max(np.abs(draw[name]).max() for name in SHAPES) < 0.1 and np.abs(draw["returns"]).max() < 0.1
    ),
}


def draw(
    rng: np.random.Generator, moments: int, parameters: float = 1.0, states: float = 1.0, returns: float = 1.0
) -> Arrays:
    """`states`: the size of wire weights, too, where it is larger than 1."""
    wires = parameters * max(1.0, states)
    drawn = {
        "wire_kernel": rng.normal(0.0, wires, SHAPES["wire_kernel"]),
        "wire_bias": rng.normal(0.0, 0.5 * wires, SHAPES["wire_bias"]),
        # Not larger: where an order is nearly certain, what its probability lacks to 1 is mostly rounding.
        "rudder_kernel": rng.normal(0.0, 0.4 * parameters, SHAPES["rudder_kernel"]),
        "rudder_bias": rng.normal(0.0, 0.4 * parameters, SHAPES["rudder_bias"]),
        "value_kernel": rng.normal(0.0, 0.4 * parameters, SHAPES["value_kernel"]),
        "value_bias": rng.normal(0.0, 0.4 * parameters, SHAPES["value_bias"]),
    }
    drawn = {name: np.asarray(array, np.float32) for name, array in drawn.items()}
    drawn["states"] = rng.normal(0.0, states, (moments, 3)).astype(np.float32)
    while np.any(bad := np.min(np.abs(before_the_level(drawn)), axis=1) < MARGIN * max(1.0, states**2)):
        drawn["states"][bad] = rng.normal(0.0, states, (np.count_nonzero(bad), 3))
    drawn["orders"] = rng.integers(0, 3, moments).astype(np.int32)
    drawn["returns"] = (returns * rng.uniform(-3.0, -0.5, moments)).astype(np.float32)
    drawn["direction"] = rng.normal(0.0, 1.0, moments).astype(np.float32)  # in which the returns are moved
    return {**drawn, "rtol": np.asarray(RTOL_SATURATED if states > 1.0 else RTOL)}


def before_the_level(draw: Arrays) -> np.ndarray:
    return np.asarray(draw["states"].astype(np.float64) @ draw["wire_kernel"] + draw["wire_bias"])


def on_and_off(draw: Arrays) -> bool:
    """Each wire is on in some moments and off in others."""
    shares = np.mean(before_the_level(draw) > 0.0, axis=0)
    return bool(np.count_nonzero((shares > 0.0) & (shares < 1.0)) >= 6)
