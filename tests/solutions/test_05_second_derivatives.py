"""The solution of exercise 05 against NumPy in float64: the formulas of its contract, differences for derivatives.

The functions are cut out of the solution notebook and called in an interpreter of their own, on the exercise's draws.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from .asking import Arrays, ask, drawn

NAME = "05_second_derivatives"
VARIABLES = ("hidden/kernel", "hidden/bias", "output/kernel")
STEP = 1e-5  # of a first derivative by central differences, over the steepest unit's slope
STEP_TWICE = 1e-3  # of the derivative of such a one
STEP_FOURTH_ORDER = 1e-2
RTOL = 5e-5  # the solution computes in float32; a tanh that is nearly flat costs digits
RTOL_DIFFERENCES = 2e-4  # a second difference is good to a few digits

ANSWER = """
def answer(arrays):
    model = build_model()
    names = [variable.name.removesuffix(":0") for variable in model.trainable_variables]
    for name, variable in zip(names, model.trainable_variables, strict=True):
        variable.assign(arrays[name])
    positions, coast = arrays["positions"], arrays["coast"]
    loss, gradients = loss_and_gradients(model, (positions, arrays["currents"], arrays["spins"]), coast)
    return {
        "stream": stream_function(model, positions).numpy(),
        "current": current(model, positions).numpy(),
        "vorticity": vorticity(model, positions).numpy(),
        "speed change": speed_change(model, positions).numpy(),
        "loss": loss.numpy(),
        **{name: gradient.numpy() for name, gradient in zip(names, gradients, strict=True)},
    }
"""


@pytest.fixture(scope="module")
def draws() -> list[Arrays]:
    return drawn(NAME, seed=11)


@pytest.fixture(scope="module")
def answers(draws: list[Arrays], tmp_path_factory: pytest.TempPathFactory) -> list[Arrays]:
    return ask(NAME, ANSWER, draws, tmp_path_factory.mktemp("solution"))


# --- the same in NumPy: the stream function, and differences of it -------------------------------------------------


def in_float64(draw: Arrays) -> Arrays:
    return {name: np.asarray(array, np.float64) for name, array in draw.items()}


def stream_function(weights: Arrays, positions: np.ndarray) -> np.ndarray:
    hidden = np.tanh(positions @ weights["hidden/kernel"] + weights["hidden/bias"])
    return np.asarray(hidden @ weights["output/kernel"][:, 0])


def step_for(weights: Arrays, step: float) -> float:
    """How far a position is moved: the less, the steeper the steepest unit."""
    return float(step / np.max(np.abs(weights["hidden/kernel"])))


def current(weights: Arrays, positions: np.ndarray) -> np.ndarray:
    step = step_for(weights, STEP)

    def slope(axis: np.ndarray) -> np.ndarray:
        ahead, behind = (stream_function(weights, positions + way * step * axis) for way in (1, -1))
        return np.asarray((ahead - behind) / (2 * step))

    by_x, by_y = (slope(axis) for axis in np.eye(2))
    return np.stack([by_y, -by_x], axis=1)


def vorticity(weights: Arrays, positions: np.ndarray) -> np.ndarray:
    """By the fourth-order formula for a second derivative."""
    step = step_for(weights, STEP_FOURTH_ORDER)
    total = -60 * stream_function(weights, positions)
    for axis in np.eye(2):
        for moved, weight in ((-2, -1), (-1, 16), (1, 16), (2, -1)):
            total += weight * stream_function(weights, positions + moved * step * axis)
    return -total / (12 * step**2)


def speed_change(weights: Arrays, positions: np.ndarray) -> np.ndarray:
    step = step_for(weights, STEP_TWICE)

    def speed(at: np.ndarray) -> np.ndarray:
        return np.asarray(np.linalg.norm(current(weights, at), axis=1))

    changes = [(speed(positions + step * axis) - speed(positions - step * axis)) / (2 * step) for axis in np.eye(2)]
    return np.stack(changes, axis=1)


def loss(draw: Arrays) -> float:
    misses = np.sum((current(draw, draw["positions"]) - draw["currents"]) ** 2, axis=1)
    turns = (vorticity(draw, draw["positions"]) - draw["spins"]) ** 2
    leak = current(draw, draw["coast"])[:, 1] ** 2
    return float(np.mean(misses) + 0.1 * np.mean(turns) + 2.0 * np.mean(leak))


def central_differences(function: Callable[[], float], array: np.ndarray) -> np.ndarray:
    """The derivative of `function()` with respect to each element of `array`, which is moved in place; by the
    fourth-order formula, since what is moved is far from small where the bay is large."""
    result = np.empty_like(array)
    step = 3e-4 * float(np.sqrt(np.mean(array**2)))
    for index in np.ndindex(array.shape):
        value, found = array[index], 0.0
        for moved, weight in ((-2, 1), (-1, -8), (1, 8), (2, -1)):
            array[index] = value + moved * step
            found += weight * function()
        array[index] = value
        result[index] = found / (12 * step)
    return result


def relative_error(got: np.ndarray, expected: np.ndarray) -> float:
    assert got.shape == np.shape(expected)
    return float(np.linalg.norm(got - expected) / np.linalg.norm(expected))


# --- the tests --------------------------------------------------------------------------------------------------


def test_the_solution_gives_the_values_of_its_formulas(draws: list[Arrays], answers: list[Arrays]) -> None:
    for draw, answer in zip(map(in_float64, draws), answers, strict=True):
        at = draw["positions"]
        assert relative_error(answer["stream"], stream_function(draw, at)) < RTOL
        assert relative_error(answer["current"], current(draw, at)) < RTOL
        assert relative_error(answer["vorticity"], vorticity(draw, at)) < RTOL_DIFFERENCES
        assert relative_error(answer["speed change"], speed_change(draw, at)) < RTOL_DIFFERENCES
        assert relative_error(answer["loss"], np.asarray(loss(draw))) < RTOL_DIFFERENCES


@pytest.mark.parametrize("name", VARIABLES)
def test_the_solution_gives_the_gradients_of_central_differences(
    name: str, draws: list[Arrays], answers: list[Arrays]
) -> None:
    for draw, answer in zip(map(in_float64, draws), answers, strict=True):
        expected = central_differences(lambda d=draw: loss(d), draw[name])  # type: ignore[misc]
        assert relative_error(answer[name], expected) < RTOL_DIFFERENCES
