"""Draws weights and stations of unequal length: like the notebook's, and out to where the contract reaches."""

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
USUAL = 0.8  # the size of weights and values
SATURATED = 4  # of the 8 hidden units, where something is large: in float32 the slope of such a unit is mostly rounding
RTOL, RTOL_SATURATED = 1e-4, 5e-4  # in 400 draws, float32 was off by less than a third of that
MOST_HOURS, MOST_STATIONS = 96, 4  # in the notebook


def inputs(rng: np.random.Generator) -> dict[str, dict[str, np.ndarray]]:
    """Most have the same number of hours: a repair in a tf.function is traced anew for each other one."""
    return {
        "stations like the notebook's": {"once": np.asarray(True), **draw(rng, (6, 3))},
        "one station that ran for one hour": draw(rng, (1,)),
        "more and longer stations than the notebook's": draw(rng, (2, 1, 259, 3, 1, 3, 6, 2, 6)),
        "voltages and weather that are ten times larger, concentrations a hundred times": draw(
            rng, (6, 3), values=10.0, concentrations=100.0
        ),
        "weights that are ten times larger, so that half of the units are saturated": draw(rng, (6, 3), weights=10.0),
        "weights and values that are a hundred times smaller": draw(rng, (6, 3), weights=0.01, values=0.01),
    }


reach = {
    "stations like the notebook's": lambda draw: len(hours(draw)) <= MOST_STATIONS,
    "one station that ran for one hour": lambda draw: hours(draw) == [1],
    "more and longer stations than the notebook's": lambda draw: (
        len(hours(draw)) > 2 * MOST_STATIONS and max(hours(draw)) > 2 * MOST_HOURS and {1, 2} < set(hours(draw))
    ),
    "voltages and weather that are ten times larger, concentrations a hundred times": lambda draw: (
        min(largest(draw, "electrodes"), largest(draw, "weather")) > 4.0 and largest(draw, "no2") > 40.0
    ),
    "weights that are ten times larger, so that half of the units are saturated": lambda draw: (
        np.abs(np.tanh(draw["electrodes/0"] @ draw["weights/signal/kernel"])).max() > 0.9999
    ),
    "weights and values that are a hundred times smaller": lambda draw: (
        max(largest(draw, "weights"), largest(draw, "no2")) < 0.05
    ),
}


def arrays_of(draw: dict[str, np.ndarray], kind: str) -> list[np.ndarray]:
    return [array for name, array in draw.items() if name.startswith(f"{kind}/")]


def largest(draw: dict[str, np.ndarray], kind: str) -> float:
    return float(max(np.abs(array).max() for array in arrays_of(draw, kind)))


def hours(draw: dict[str, np.ndarray]) -> list[int]:
    return [len(array) for array in arrays_of(draw, "no2")]


def draw(
    rng: np.random.Generator,
    hours: tuple[int, ...],
    weights: float = 1.0,
    values: float = 1.0,
    concentrations: float | None = None,
) -> dict[str, np.ndarray]:
    def normal(size: float, *shape: int) -> np.ndarray:
        return rng.normal(0.0, USUAL * size, shape).astype(np.float32)

    large = max(weights, values) > 1.0
    drawn = {"mean": MEAN, "spread": SPREAD, "rtol": np.asarray(RTOL_SATURATED if large else RTOL)}
    for name, shape in SHAPES.items():
        drawn[f"weights/{name}"] = normal(weights, *shape)
        if large and not name.startswith("head"):
            drawn[f"weights/{name}"][..., SATURATED:] *= 0.1
    for station, count in enumerate(hours):
        drawn[f"electrodes/{station}"] = normal(values, count, 2)
        drawn[f"weather/{station}"] = normal(values, count, 2)
        drawn[f"no2/{station}"] = normal(values if concentrations is None else concentrations, count)
    drawn["readings"] = MEAN + SPREAD * normal(values, hours[0], 2)
    return drawn
