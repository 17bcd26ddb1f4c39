"""The solution of exercise 06 against NumPy in float64: forward values, and gradients by central differences, no tape.

The contract prescribes derivatives that the loss does not have: rounded levels pass gradients on as if they were not
rounded, and the estimate in the orders' part is a plain number. They are those of an ordinary function: the loss in
which each such value is anchored at the point in question, plus what the level has moved by since.
"""

from __future__ import annotations

import numpy as np
import pytest

from .asking import Arrays, ask, drawn

NAME = "06_stop_gradient"
PARAMETERS = ("wire_kernel", "wire_bias", "rudder_kernel", "rudder_bias", "value_kernel", "value_bias")
STEP = 1e-5  # of the central differences, relative to the largest value
RTOL = 2e-5  # the solution computes in float32
GRADIENT_RTOL = 1e-4

ANSWER = """
def answer(arrays):
    params = new_parameters()
    for name, parameter in params.items():
        parameter.assign(arrays[name])
    scores, estimates = steer(params, arrays["states"])
    loss, gradients = loss_and_gradients(params, arrays["states"], arrays["orders"], arrays["returns"])
    forward = {"scores": scores.numpy(), "estimates": estimates.numpy(), "loss": loss.numpy()}
    return forward | {name: gradient.numpy() for name, gradient in gradients.items()}
"""


@pytest.fixture(scope="module")
def draws() -> list[Arrays]:
    return drawn(NAME, seed=6)


@pytest.fixture(scope="module")
def answers(draws: list[Arrays], tmp_path_factory: pytest.TempPathFactory) -> list[Arrays]:
    return ask(NAME, ANSWER, draws, tmp_path_factory.mktemp("solution"))


# --- the same in NumPy ------------------------------------------------------------------------------------------


def levels(params: Arrays, states: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-(states @ params["wire_kernel"] + params["wire_bias"]))))


def outputs(params: Arrays, bits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    estimates = bits @ params["value_kernel"] + params["value_bias"]
    return bits @ params["rudder_kernel"] + params["rudder_bias"], estimates[:, 0]


def anchored_loss(params: Arrays, at: Arrays) -> float:
    """The loss at `params` of the autopilot whose bits, and whose expectations, are anchored at `at`."""
    there = np.round(levels(at, at["states"]))
    scores, estimates = outputs(params, there + levels(params, at["states"]) - levels(at, at["states"]))
    _, given = outputs(at, there)
    chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    own = chances[np.arange(len(scores)), at["orders"]]
    orders_part = -np.log(own) * (at["returns"] - given)
    estimate_part = np.square(at["returns"] - estimates) / 2
    entropy = -np.sum(chances * np.log(chances), axis=1)
    return float(np.mean(orders_part + estimate_part - 0.02 * entropy))


def central_differences(draw: Arrays, name: str) -> np.ndarray:
    slopes = np.empty_like(draw[name])
    step = STEP * float(np.abs(draw[name]).max())
    for index in np.ndindex(slopes.shape):
        move = np.zeros_like(slopes)
        move[index] = step
        above, below = ({**draw, name: draw[name] + sign * move} for sign in (1, -1))
        slopes[index] = (anchored_loss(above, draw) - anchored_loss(below, draw)) / (2 * step)
    return slopes


def in_float64(draw: Arrays) -> Arrays:
    return {name: array if name == "orders" else array.astype(np.float64) for name, array in draw.items()}


def relative_error(got: np.ndarray, expected: np.ndarray) -> float:
    assert got.shape == expected.shape
    return float(np.linalg.norm(got - expected) / np.linalg.norm(expected))


# --- the tests --------------------------------------------------------------------------------------------------


def test_the_solution_gives_the_forward_values_of_its_formulas(draws: list[Arrays], answers: list[Arrays]) -> None:
    for draw, answer in zip(map(in_float64, draws), answers, strict=True):
        scores, estimates = outputs(draw, np.round(levels(draw, draw["states"])))
        assert relative_error(answer["scores"], scores) < RTOL
        assert relative_error(answer["estimates"], estimates) < RTOL
        assert answer["loss"] == pytest.approx(anchored_loss(draw, draw), rel=RTOL, abs=1e-6)


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_solution_gives_the_gradients_that_the_contract_prescribes(
    name: str, draws: list[Arrays], answers: list[Arrays]
) -> None:
    for draw, answer in zip(map(in_float64, draws), answers, strict=True):
        assert relative_error(answer[name], central_differences(draw, name)) < GRADIENT_RTOL
