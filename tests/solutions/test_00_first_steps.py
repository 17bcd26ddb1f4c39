"""The solution of exercise 00 against NumPy in float64: heights, losses, and gradients by central differences, no tape.

The functions are cut out of the solution notebook and called in an interpreter of their own, on the exercise's draws.
"""

from __future__ import annotations

import numpy as np
import pytest

from .asking import Arrays, ask, drawn

NAME = "00_first_steps"
RATE = 0.1
STEPS = 3
STEP = 1e-6  # of the central differences
RTOL, ATOL = 1e-3, 2e-5  # the solution computes in float32, and what one step rounds, the next one starts from

ANSWER = f"""
def answer(arrays):
    parameters = new_parameters()
    variables = dict(parameters)
    for name in parameters:
        parameters[name].assign(arrays[name])
    result = {{"height": foam_height(parameters, arrays["minutes"]).numpy()}}
    for step in range({STEPS}):
        loss, gradients = train_step(parameters, arrays["minutes"], arrays["heights"])
        result[f"loss/{{step}}"] = loss.numpy()
        result |= {{f"gradient of {{name}}/{{step}}": gradient.numpy() for name, gradient in gradients.items()}}
    assert all(parameters[name] is variables[name] for name in variables)
    return result
"""


@pytest.fixture(scope="module")
def draws() -> list[Arrays]:
    return drawn(NAME, seed=11)


@pytest.fixture(scope="module")
def answers(draws: list[Arrays], tmp_path_factory: pytest.TempPathFactory) -> list[Arrays]:
    return ask(NAME, ANSWER, draws, tmp_path_factory.mktemp("solution"))


# --- the same in NumPy ------------------------------------------------------------------------------------------


def height(start: float, decay: float, minutes: np.ndarray) -> np.ndarray:
    return np.asarray(start * np.exp(-decay * minutes))


def expected(draw: Arrays) -> Arrays:
    """What the contract says for these inputs: heights, then loss and gradients step after step."""
    start, decay = float(draw["start"]), float(draw["decay"])
    minutes, heights = draw["minutes"].astype(np.float64), draw["heights"].astype(np.float64)

    def loss(start: float, decay: float) -> float:
        return float(np.mean((height(start, decay, minutes) - heights) ** 2))

    result = {"height": height(start, decay, minutes)}
    for step in range(STEPS):
        by_start = (loss(start + STEP, decay) - loss(start - STEP, decay)) / (2 * STEP)
        by_decay = (loss(start, decay + STEP) - loss(start, decay - STEP)) / (2 * STEP)
        result[f"loss/{step}"] = np.asarray(loss(start, decay))
        result[f"gradient of start/{step}"] = np.asarray(by_start)
        result[f"gradient of decay/{step}"] = np.asarray(by_decay)
        start, decay = start - RATE * by_start, decay - RATE * by_decay
    return result


# --- the test ---------------------------------------------------------------------------------------------------


def test_the_solution_gives_heights_losses_and_gradients_of_central_differences(
    draws: list[Arrays], answers: list[Arrays]
) -> None:
    for draw, answer in zip(draws, answers, strict=True):
        wanted = expected(draw)
        assert answer.keys() == wanted.keys()
        for name, value in wanted.items():
            np.testing.assert_allclose(answer[name], value, rtol=RTOL, atol=ATOL, err_msg=name)
