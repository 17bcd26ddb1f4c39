"""The solution of exercise 07 against NumPy in float64: the valley by powers of its matrix, gradients by differences.

The functions are cut out of the solution notebook and called in an interpreter of their own, on the exercise's draws.
"""

from __future__ import annotations

import numpy as np
import pytest

from .asking import Arrays, ask, drawn

NAME = "07_variables_and_state"
SHAPES: dict[str, tuple[int, ...]] = {"leak": (3,), "runoff": (), "log_area": (), "base": ()}
STEP = 1e-5  # of the central differences
RTOL = 2e-5  # the solution computes in float32

ANSWER = """
def answer(arrays):
    model = build_model()
    for variable in model.trainable_variables:
        variable.assign(arrays[variable.name])
    loss, gradients = loss_and_gradients(model, arrays["rain"], arrays["water"])
    return {
        "forecast": forecast(model, arrays["rain"]).numpy(),
        "loss": loss.numpy(),
        **{name: gradient.numpy() for name, gradient in gradients.items()},
    }
"""


@pytest.fixture(scope="module")
def draws() -> list[Arrays]:
    return drawn(NAME, seed=11)


@pytest.fixture(scope="module")
def answers(draws: list[Arrays], tmp_path_factory: pytest.TempPathFactory) -> list[Arrays]:
    return ask(NAME, ANSWER, draws, tmp_path_factory.mktemp("solution"))


# --- the same in NumPy, without a loop that carries a state ---------------------------------------------------------


def sigmoid(value: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-value)))


def forecast(quantities: Arrays, rain: np.ndarray) -> np.ndarray:
    """What has seeped in `delay` hours ago is spread over the stores by the power `delay - 1` of their matrix."""
    leak, share = sigmoid(quantities["leak"]), sigmoid(quantities["runoff"])
    stores = np.diag(1 - leak) + np.diag(leak[:-1], k=-1)
    water = share * rain
    for delay in range(1, rain.shape[1]):
        left = np.linalg.matrix_power(stores, delay - 1)[-1, 0]
        water[:, delay:] += leak[-1] * left * (1 - share) * rain[:, :-delay]
    return np.asarray(quantities["base"] + np.exp(quantities["log_area"]) * water)


def loss(quantities: Arrays, draw: Arrays) -> float:
    errors = forecast(quantities, draw["rain"]) - draw["water"]
    return float(np.mean(errors**2) + 0.05 * quantities["log_area"] ** 2)


def central_differences(quantities: Arrays, name: str, draw: Arrays) -> np.ndarray:
    found = np.empty(SHAPES[name])
    for index in np.ndindex(SHAPES[name]):
        moved = np.zeros(SHAPES[name])
        moved[index] = STEP
        above, below = (loss({**quantities, name: quantities[name] + way * moved}, draw) for way in (1, -1))
        found[index] = (above - below) / (2 * STEP)
    return found


def relative_error(got: np.ndarray, expected: np.ndarray, size: float) -> float:
    assert got.shape == np.shape(expected)
    return float(np.max(np.abs(got - expected)) / size)


# --- the tests --------------------------------------------------------------------------------------------------


def test_the_solution_gives_the_forward_values_of_its_formulas(draws: list[Arrays], answers: list[Arrays]) -> None:
    for draw, answer in zip(map(in_float64, draws), answers, strict=True):
        expected = forecast(draw, draw["rain"])
        assert relative_error(answer["forecast"], expected, float(np.max(np.abs(expected)))) < RTOL
        assert relative_error(answer["loss"], np.asarray(loss(draw, draw)), loss(draw, draw)) < RTOL


@pytest.mark.parametrize("name", SHAPES)
def test_the_solution_gives_the_gradients_of_central_differences(
    name: str, draws: list[Arrays], answers: list[Arrays]
) -> None:
    for draw, answer in zip(map(in_float64, draws), answers, strict=True):
        size = max(float(np.max(np.abs(answer[each]))) for each in SHAPES)
        assert relative_error(answer[name], central_differences(draw, name, draw), size) < RTOL


def in_float64(draw: Arrays) -> Arrays:
    return {name: np.asarray(array, np.float64) for name, array in draw.items()}
