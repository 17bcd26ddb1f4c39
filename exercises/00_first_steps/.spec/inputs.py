"""Draws measurements, and the parameters from which the first step starts. Foam that is higher than the notebook's, or
that grows, is measured at once: later, steps of the contract's size would make the parameters explode."""

import numpy as np

MOST = 13  # measurements, in the notebook
SIX_MINUTES, AN_HOUR, HALF_A_MINUTE, SECONDS = 6.0, 60.0, 0.5, 0.05


def inputs(rng: np.random.Generator) -> dict[str, dict[str, np.ndarray]]:
    return {
        "measurements like the notebook's": {"once": np.asarray(True), **draw(rng, MOST, SIX_MINUTES)},
        "a single measurement, and parameters below zero": draw(rng, 1, HALF_A_MINUTE, sign=-1.0),
        "more measurements than the notebook's, over an hour": draw(rng, 71, AN_HOUR),
        "foam that is ten times higher": draw(rng, 12, SECONDS, size=20.0, first=(2.0, 3.0), start=(0.5, 0.8)),
        "foam that is twenty times lower": draw(rng, 12, SIX_MINUTES, size=0.05),
    }


reach = {
    "measurements like the notebook's": lambda draw: len(draw["minutes"]) == MOST,
    "a single measurement, and parameters below zero": lambda draw: (
        len(draw["minutes"]) == 1 and max(draw["start"], draw["decay"]) < 0.0
    ),
    "more measurements than the notebook's, over an hour": lambda draw: (
        len(draw["minutes"]) > MOST and draw["minutes"].max() > SIX_MINUTES
    ),
    "foam that is ten times higher": lambda draw: (draw["heights"] - draw["start"]).min() > 10.0,
    "foam that is twenty times lower": lambda draw: draw["heights"].max() < 0.2,
}


def draw(
    rng: np.random.Generator,
    count: int,
    longest: float,
    size: float = 1.0,
    sign: float = 1.0,
    first: tuple[float, float] = (1.0, 3.0),
    start: tuple[float, float] = (0.8, 1.5),
) -> dict[str, np.ndarray]:
    """`first`: the height at first, and `start`: the parameter, both in units of `size`."""
    minutes = rng.uniform(0.0, longest, count)
    heights = size * rng.uniform(*first) * np.exp(-rng.uniform(0.3, 0.6) * minutes) * rng.uniform(0.9, 1.1, count)
    arrays = {
        "minutes": minutes,
        "heights": heights,
        "start": sign * size * rng.uniform(*start),
        "decay": sign * rng.uniform(0.3, 0.8),
    }
    return {name: np.asarray(array, np.float32) for name, array in arrays.items()}
