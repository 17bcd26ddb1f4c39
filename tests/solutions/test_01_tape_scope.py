"""The solution of exercise 01 against NumPy in float64: forward values, and gradients by central differences, no tape.

The functions are cut out of the solution notebook and called in an interpreter of their own, on the exercise's draws.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from .asking import Arrays, ask, drawn

NAME = "01_tape_scope"
VARIABLES = ("signal/kernel", "signal/bias", "weather/kernel", "weather/bias", "head/kernel", "head/bias")
DECAY = 0.01
STEP = 1e-6  # of the central differences
RTOL = 2e-5  # the solution computes in float32
SENSITIVITY_RTOL = 2e-4  # with small weights it is a difference of nearly equal numbers

ANSWER = """
def answer(arrays):
    model = build_model()
    names = [variable.path for variable in model.trainable_variables]
    for name, variable in zip(names, model.trainable_variables, strict=True):
        variable.assign(arrays["weights/" + name])
    count = sum(name.startswith("no2/") for name in arrays)
    stations = [tuple(arrays[f"{kind}/{i}"] for kind in ("electrodes", "weather", "no2")) for i in range(count)]
    electrodes, weather, _ = stations[0]
    loss, gradients = loss_and_gradients(model, stations)
    return {
        "estimate": estimate(model, electrodes, weather).numpy(),
        "loss": loss.numpy(),
        "sensitivity": weather_sensitivity(model, electrodes, arrays["readings"]).numpy(),
        **{name: gradient.numpy() for name, gradient in zip(names, gradients, strict=True)},
    }
"""


@pytest.fixture(scope="module")
def draws() -> list[Arrays]:
    return drawn(NAME, seed=11)


@pytest.fixture(scope="module")
def answers(draws: list[Arrays], tmp_path_factory: pytest.TempPathFactory) -> list[Arrays]:
    return ask(NAME, ANSWER, draws, tmp_path_factory.mktemp("solution"))


# --- the same in NumPy ------------------------------------------------------------------------------------------


def weights_of(draw: Arrays) -> Arrays:
    return {name: draw[f"weights/{name}"].astype(np.float64) for name in VARIABLES}


def stations_of(draw: Arrays) -> list[tuple[np.ndarray, ...]]:
    count = sum(name.startswith("no2/") for name in draw)
    kinds = ("electrodes", "weather", "no2")
    return [tuple(draw[f"{kind}/{i}"].astype(np.float64) for kind in kinds) for i in range(count)]


def estimate(weights: Arrays, electrodes: np.ndarray, weather: np.ndarray) -> np.ndarray:
    signal = np.tanh(electrodes @ weights["signal/kernel"] + weights["signal/bias"])
    gain = 1.0 + np.tanh(weather @ weights["weather/kernel"] + weights["weather/bias"])
    return np.asarray((signal * gain) @ weights["head/kernel"][:, 0] + weights["head/bias"])


def loss(weights: Arrays, stations: list[tuple[np.ndarray, ...]]) -> float:
    penalty = sum(np.sum(value**2) for name, value in weights.items() if name.endswith("kernel"))
    errors = [np.mean((estimate(weights, electrodes, weather) - no2) ** 2) for electrodes, weather, no2 in stations]
    return float(DECAY * penalty + np.mean(errors))


def central_differences(function: Callable[[], float], array: np.ndarray) -> np.ndarray:
    """The derivative of `function()` by each element of `array`, which is moved in place."""
    result = np.empty_like(array)
    for index in np.ndindex(array.shape):
        value = array[index]
        array[index] = value + STEP
        above = function()
        array[index] = value - STEP
        result[index] = (above - function()) / (2 * STEP)
        array[index] = value
    return result


def relative_error(got: np.ndarray, expected: np.ndarray) -> float:
    assert got.shape == np.shape(expected)
    return float(np.linalg.norm(got - expected) / np.linalg.norm(expected))


# --- the tests --------------------------------------------------------------------------------------------------


def test_the_solution_gives_the_forward_values_of_its_formulas(draws: list[Arrays], answers: list[Arrays]) -> None:
    for draw, answer in zip(draws, answers, strict=True):
        weights, stations = weights_of(draw), stations_of(draw)
        assert relative_error(answer["estimate"], estimate(weights, *stations[0][:2])) < RTOL
        assert relative_error(answer["loss"], np.asarray(loss(weights, stations))) < RTOL


@pytest.mark.parametrize("name", VARIABLES)
def test_the_solution_gives_the_gradients_of_central_differences(
    name: str, draws: list[Arrays], answers: list[Arrays]
) -> None:
    for draw, answer in zip(draws, answers, strict=True):
        weights, stations = weights_of(draw), stations_of(draw)
        expected = central_differences(lambda w=weights, s=stations: loss(w, s), weights[name])  # type: ignore[misc]
        assert relative_error(answer[name], expected) < RTOL


def test_the_solution_gives_the_sensitivity_of_central_differences(draws: list[Arrays], answers: list[Arrays]) -> None:
    for draw, answer in zip(draws, answers, strict=True):
        weights, readings = weights_of(draw), draw["readings"].astype(np.float64)
        electrodes = draw["electrodes/0"]

        def total(w: Arrays = weights, e: np.ndarray = electrodes, r: np.ndarray = readings, d: Arrays = draw) -> float:
            return float(np.sum(estimate(w, e, (r - d["mean"]) / d["spread"])))

        assert relative_error(answer["sensitivity"], central_differences(total, readings)) < SENSITIVITY_RTOL
