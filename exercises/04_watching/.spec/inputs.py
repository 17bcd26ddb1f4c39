"""Weights, calls and noise: like the notebook's, and out to where the contract reaches.

A level that lies on its band's floor has no slope there, so every level keeps a distance from it, with and without the
noise. Floors lie both below zero and above the loudest level: some bands are always heard and others never.
"""

import numpy as np

SHAPES = {
    "floor": (12,),
    "listen/kernel": (12, 8),
    "listen/bias": (8,),
    "decide/kernel": (8, 3),
    "decide/bias": (3,),
}
BANDS = 12
LOUDEST = 255.0
MARGIN = 2e-5  # from the floor, of a level divided by 255: some hundred times the rounding error
SATURATED = 4  # of the 8 units, where weights are large: in float32 the slope of such a unit is mostly rounding
RTOL, RTOL_SATURATED = 2e-4, 5e-4  # in 100 seeds, float32 was off by less than a third of that
MOST_CALLS, MOMENTS = 180, 16  # in the notebook

Arrays = dict[str, np.ndarray]


def inputs(rng: np.random.Generator) -> dict[str, Arrays]:
    """Few different shapes: a repair in a tf.function is traced anew for each."""
    return {
        "calls like the notebook's": {"once": np.asarray(True), **draw(rng, 6, MOMENTS)},
        "a single call of a single moment": draw(rng, 1, 1),
        "two long calls, to which noise was added before": draw(rng, 2, 41, whole=False),
        "an odd number of calls, more than in the notebook": draw(rng, 301, 3),
        "noise that is louder than any call": draw(rng, 6, MOMENTS, noise=600.0),
        "weights that are ten times larger, so that half of the units are saturated": draw(
            rng, 6, MOMENTS, weights=10.0
        ),
        "weights that are a hundred times smaller, faint calls and faint noise": draw(
            rng, 6, MOMENTS, weights=0.01, loudest=12, noise=0.1
        ),
    }


reach = {
    "calls like the notebook's": lambda draw: draw["calls"].dtype == np.uint8 and heard_and_not(draw),
    "a single call of a single moment": lambda draw: draw["calls"].shape[:2] == (1, 1),
    "two long calls, to which noise was added before": lambda draw: (
        draw["calls"].dtype == np.float32 and len(draw["calls"]) == 2 and draw["calls"].shape[1] > 2 * MOMENTS
    ),
    "an odd number of calls, more than in the notebook": lambda draw: (
        len(draw["calls"]) > MOST_CALLS and len(draw["calls"]) % 2 == 1
    ),
    "noise that is louder than any call": lambda draw: np.abs(draw["noise"]).max() > 4 * LOUDEST,
    "weights that are ten times larger, so that half of the units are saturated": lambda draw: (
        np.abs(np.tanh(heard(draw) @ draw["listen/kernel"] + draw["listen/bias"])).max() > 0.9999
    ),
    "weights that are a hundred times smaller, faint calls and faint noise": lambda draw: (
        np.abs(draw["listen/kernel"]).max() < 0.1 and draw["calls"].max() <= 12 and np.abs(draw["noise"]).max() < 1.0
    ),
}


def draw(
    rng: np.random.Generator,
    calls: int,
    moments: int,
    weights: float = 1.0,
    noise: float = 8.0,
    loudest: int = 255,
    whole: bool = True,
) -> Arrays:
    """`noise`: its size in levels. `whole`: levels are whole numbers, as a detector stores them."""
    top = loudest / LOUDEST
    drawn = {
        "floor": np.concatenate([rng.uniform(-0.2, 0.0, 2), rng.uniform(0.05, 0.8, BANDS - 3) * top, [1.1 * top]]),
        "listen/kernel": rng.normal(0.0, 0.8 * weights, SHAPES["listen/kernel"]),
        "listen/bias": rng.normal(0.0, 0.3 * weights, SHAPES["listen/bias"]),
        # Not larger: where the network is certain, a probability less 1 is mostly rounding.
        "decide/kernel": rng.normal(0.0, 0.5 * min(weights, 1.5), SHAPES["decide/kernel"]),
        "decide/bias": rng.normal(0.0, 0.3 * min(weights, 1.5), SHAPES["decide/bias"]),
    }
    large = weights > 1.0
    if large:
        for name in ("listen/kernel", "listen/bias"):
            drawn[name][..., SATURATED:] *= 0.05
    drawn = {name: np.asarray(array, np.float32) for name, array in drawn.items()}
    shape = (calls, moments, BANDS)
    levels = rng.integers(0, loudest + 1, shape)
    drawn["calls"] = levels.astype(np.uint8) if whole else (levels + rng.normal(0.0, 8.0, shape)).astype(np.float32)
    drawn["noise"] = rng.normal(0.0, noise, shape).astype(np.float32)
    for name, at in (("calls", 0.0), ("noise", drawn["calls"])):
        while np.any(bad := on_the_floor(drawn[name] + at, drawn["floor"])):
            again = rng.integers(0, loudest + 1, shape) if name == "calls" else rng.normal(0.0, noise, shape)
            drawn[name] = np.where(bad, again, drawn[name]).astype(drawn[name].dtype)
    for name in ("species", "wanted"):
        # Most calls are of one species: with small weights, what equally many of each contribute would nearly cancel.
        bats = rng.integers(0, 3, calls)
        drawn[name] = np.where(np.arange(calls) < calls // 2 + 2, bats[0], bats).astype(np.int32)
    return {**drawn, "rtol": np.asarray(RTOL_SATURATED if large else RTOL)}


def on_the_floor(levels: np.ndarray, floor: np.ndarray) -> np.ndarray:
    distance = np.abs(levels.astype(np.float64) / LOUDEST - floor)
    return np.asarray(distance < MARGIN * np.maximum(1.0, np.abs(levels) / LOUDEST))


def heard(draw: Arrays) -> np.ndarray:
    return np.asarray(np.maximum(draw["calls"] / LOUDEST - draw["floor"], 0.0))


def heard_and_not(draw: Arrays) -> bool:
    """Every band but the last, which no level reaches; the first two at every moment, the others not."""
    counts = np.count_nonzero(heard(draw), axis=(0, 1))
    everywhere = draw["calls"][..., 0].size
    return bool(np.all(counts[:2] == everywhere) and np.all((counts[2:-1] > 0) & (counts[2:-1] < everywhere)))
