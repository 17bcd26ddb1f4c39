"""The solution of exercise 04 against NumPy in float64: forward values, and gradients by central differences, no tape.

The definitions are cut out of the solution notebook and called in an interpreter of their own, on the exercise's draws.
No level of a draw lies within a central difference's step of its band's floor, where the loss has a corner.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from .asking import Arrays, ask, drawn

NAME = "04_watching"
VARIABLES = ("floor", "listen/kernel", "listen/bias", "decide/kernel", "decide/bias")
STEP = 1e-6  # of the central differences, relative to the largest weight
LEVEL = 1e-3  # the step of a level, which is large itself
RTOL = 2e-5  # the solution computes in float32
GRADIENT_RTOL = 1e-4
TRIED = 300  # levels of a draw that are moved

ANSWER = """
def answer(arrays):
    model = build_model()
    for variable in model.variables:
        variable.assign(arrays[variable.path])
    calls, species = arrays["calls"], arrays["species"]
    loss, gradients = loss_and_gradients(model, calls, species)
    goal, by_noise = disguise(model, calls, arrays["wanted"], arrays["noise"])
    return {
        "scores": classify(model, calls).numpy(),
        "loss": loss.numpy(),
        "goal": goal.numpy(),
        "noise": by_noise.numpy(),
        "saliency": saliency(model, calls, species).numpy(),
        **{variable.path: gradient.numpy() for variable, gradient in zip(model.variables, gradients, strict=True)},
    }
"""


@pytest.fixture(scope="module")
def draws() -> list[Arrays]:
    return drawn(NAME, seed=4)


@pytest.fixture(scope="module")
def answers(draws: list[Arrays], tmp_path_factory: pytest.TempPathFactory) -> list[Arrays]:
    return ask(NAME, ANSWER, draws, tmp_path_factory.mktemp("solution"))


# --- the same in NumPy ------------------------------------------------------------------------------------------


def scores(draw: Arrays, calls: np.ndarray) -> np.ndarray:
    heard = calls / 255.0 - draw["floor"]
    heard[heard < 0.0] = 0.0
    units = np.tanh(np.einsum("cmb,bu->cmu", heard, draw["listen/kernel"]) + draw["listen/bias"])
    return np.asarray(units.mean(axis=1) @ draw["decide/kernel"] + draw["decide/bias"])


def loss(draw: Arrays, calls: np.ndarray, species: np.ndarray) -> float:
    values = np.exp(scores(draw, calls))
    chances = values / values.sum(axis=1, keepdims=True)
    return float(-np.log(chances[np.arange(len(species)), species]).mean())


def loss_of(draw: Arrays) -> float:
    return loss(draw, draw["calls"], draw["species"])


def goal_of(draw: Arrays) -> float:
    return loss(draw, draw["calls"] + draw["noise"], draw["wanted"]) + 0.002 * float(np.mean(np.square(draw["noise"])))


def own_scores(draw: Arrays) -> float:
    return float(scores(draw, draw["calls"])[np.arange(len(draw["species"])), draw["species"]].sum())


def central_differences(function: Callable[[Arrays], float], draw: Arrays, name: str) -> np.ndarray:
    """Of the first so many entries."""
    slopes = np.zeros(min(draw[name].size, TRIED))
    step = LEVEL if name in ("calls", "noise") else STEP * float(np.abs(draw[name]).max())
    for index in range(len(slopes)):
        move = np.zeros_like(draw[name])
        move.flat[index] = step
        above, below = ({**draw, name: draw[name] + sign * move} for sign in (1, -1))
        slopes[index] = (function(above) - function(below)) / (2 * step)
    return slopes


def in_float64(draw: Arrays) -> Arrays:
    integers = ("species", "wanted")
    return {name: array if name in integers else array.astype(np.float64) for name, array in draw.items()}


def relative_error(got: np.ndarray, expected: np.ndarray) -> float:
    return float(np.linalg.norm(got - expected) / np.linalg.norm(expected))


# --- the tests --------------------------------------------------------------------------------------------------


def test_the_solution_gives_the_forward_values_of_its_formulas(draws: list[Arrays], answers: list[Arrays]) -> None:
    for draw, answer in zip(map(in_float64, draws), answers, strict=True):
        assert relative_error(answer["scores"], scores(draw, draw["calls"])) < RTOL
        assert answer["loss"] == pytest.approx(loss_of(draw), rel=RTOL)
        assert answer["goal"] == pytest.approx(goal_of(draw), rel=RTOL)


@pytest.mark.parametrize(
    ("name", "function", "moved"),
    [*((name, loss_of, name) for name in VARIABLES), ("noise", goal_of, "noise"), ("saliency", own_scores, "calls")],
)
def test_the_solution_gives_the_gradients_of_central_differences(
    name: str, function: Callable[[Arrays], float], moved: str, draws: list[Arrays], answers: list[Arrays]
) -> None:
    for draw, answer in zip(map(in_float64, draws), answers, strict=True):
        slopes = central_differences(function, draw, moved)
        assert relative_error(answer[name].ravel()[: len(slopes)], slopes) < GRADIENT_RTOL
