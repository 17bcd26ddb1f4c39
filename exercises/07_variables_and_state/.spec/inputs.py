"""Draws quantities, rainfalls and the water that came: like the notebook's, and out to where the contract reaches."""

import numpy as np

STORES = 3
MOST_RAINFALLS, MOST_HOURS = 12, 10  # in the notebook

Arrays = dict[str, np.ndarray]


def inputs(rng: np.random.Generator) -> dict[str, Arrays]:
    return {
        "rainfalls like the notebook's": {"once": np.asarray(True), **draw(rng, 5, 7), **cloudburst(rng)},
        "a single rainfall of two hours": draw(rng, 1, 2),
        "more and longer rainfalls than the notebook's, both odd in number": draw(rng, 29, 17),
        "rain and water that are a hundred times larger": draw(rng, 5, 7, rain=100.0),
        "stores that let nearly all or nearly nothing go, in a large valley": draw(rng, 5, 7, spread=5.0, area=4.0),
        "drizzle in a tiny valley, with less than no water always there": draw(
            rng, 5, 7, rain=0.01, area=-4.0, base=-1.0
        ),
    }


reach = {
    "rainfalls like the notebook's": lambda draw: len(draw["hours' rain"]) > 1 and draw["hours' rain"].shape[1] == 1,
    "a single rainfall of two hours": lambda draw: draw["rain"].shape == (1, 2),
    "more and longer rainfalls than the notebook's, both odd in number": lambda draw: (
        draw["rain"].shape[0] > 2 * MOST_RAINFALLS and draw["rain"].shape[1] > MOST_HOURS and odd(draw["rain"].shape)
    ),
    "rain and water that are a hundred times larger": lambda draw: draw["rain"].max() > 100.0,
    "stores that let nearly all or nearly nothing go, in a large valley": lambda draw: (
        draw["leak"].max() > 3.9 and draw["leak"].min() < -3.9 and abs(draw["runoff"]) > 2.4 and draw["log_area"] > 2.9
    ),
    "drizzle in a tiny valley, with less than no water always there": lambda draw: (
        draw["rain"].max() < 0.2 and draw["log_area"] < -2.9 and draw["base"] < 0.0
    ),
}


def odd(shape: tuple[int, ...]) -> bool:
    return all(length % 2 == 1 for length in shape)


def draw(
    rng: np.random.Generator,
    rainfalls: int,
    hours: int,
    rain: float = 1.0,
    spread: float = 1.0,
    area: float = 0.5,
    base: float = 1.0,
) -> Arrays:
    """`spread`: how far the logits are from 0. `area`: the logarithm of the valley's size, roughly, and never 0, where
    its price would have no gradient."""
    arrays = {
        "leak": spread * rng.permutation([1.0, -1.0, 0.1]) + rng.uniform(-0.8, 0.8, STORES),
        "runoff": rng.uniform(0.5, 0.8) * spread * rng.choice([-1.0, 1.0]),
        "log_area": area + rng.uniform(0.3, 1.0),
        "base": base * rng.uniform(0.2, 1.5),
        "rain": rain * rng.gamma(2.0, 1.0, (rainfalls, hours)) * (rng.uniform(size=(rainfalls, hours)) < 0.8),
    }
    arrays["rain"][:, 0] += rain  # each of them begins in the first hour
    arrays["water"] = rain * np.exp(area) * rng.gamma(2.0, 1.0, (rainfalls, hours))
    return {name: np.asarray(array, np.float32) for name, array in arrays.items()}


def cloudburst(rng: np.random.Generator) -> Arrays:
    """Rainfalls of a single hour: what a store holds plays no part in them."""
    return {
        "hours' rain": rng.gamma(2.0, 1.0, (4, 1)).astype(np.float32),
        "hours' water": rng.gamma(2.0, 1.0, (4, 1)).astype(np.float32),
    }
