"""The solution of exercise 02 against NumPy in float64: forward values, and gradients by central differences, no tape.

The definitions are cut out of the solution notebook and called in an interpreter of their own, on the exercise's draws.
No feature of a draw lies within a central difference's step of a limit, where the loss has a corner.
"""

from __future__ import annotations

import numpy as np
import pytest

from .asking import Arrays, ask, drawn

NAME = "02_detached_tensors"
VARIABLES = ("prototypes", "log_scale", "encoder/kernel", "encoder/bias", "attention/kernel")
STEP = 1e-6  # of the central differences
RTOL = 2e-5  # the solution computes in float32
GRADIENT_RTOL = 2e-4  # with strong attention and a large scale it loses a digit
SMALLEST = 1e-5  # of an array: what is smaller differs by float32 rounding errors of what it was computed from

ANSWER = """
def answer(arrays):
    model = build_model()
    names = [variable.path for variable in model.trainable_variables]
    for name, variable in zip(names, model.trainable_variables, strict=True):
        variable.assign(arrays[name])
    loss, gradients = loss_and_gradients(model, arrays["images"], arrays["labels"])
    return {
        "logits": classify(model, arrays["images"]).numpy(),
        "loss": loss.numpy(),
        **{name: gradient.numpy() for name, gradient in zip(names, gradients, strict=True)},
    }
"""


@pytest.fixture(scope="module")
def draws() -> list[Arrays]:
    return drawn(NAME, seed=2)


@pytest.fixture(scope="module")
def answers(draws: list[Arrays], tmp_path_factory: pytest.TempPathFactory) -> list[Arrays]:
    return ask(NAME, ANSWER, draws, tmp_path_factory.mktemp("solution"))


# --- the same in NumPy ------------------------------------------------------------------------------------------


def in_float64(draw: Arrays) -> Arrays:
    return {name: array.astype(np.float64) if array.dtype == np.float32 else array for name, array in draw.items()}


def logits(draw: Arrays) -> np.ndarray:
    windows = np.lib.stride_tricks.sliding_window_view(draw["images"][..., 0], (3, 3), axis=(1, 2))
    encoded = np.tensordot(windows, draw["encoder/kernel"][:, :, 0], axes=2) + draw["encoder/bias"]
    features = np.clip(encoded, 0.0, 6.0).reshape(len(encoded), 36, 12)
    scores = np.exp(features @ draw["attention/kernel"][:, 0])
    weights = scores / scores.sum(axis=1, keepdims=True)
    weights[:, 0] = 0.0  # the stuck pixel
    pooled = np.einsum("bp,bpf->bf", weights, features)
    similarity = unit(pooled) @ unit(draw["prototypes"]).T
    return np.asarray(np.exp(draw["log_scale"]) * similarity)


def unit(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors / np.sqrt(np.sum(vectors**2, axis=1, keepdims=True)))


def loss(draw: Arrays) -> float:
    values = logits(draw)
    of_the_truth = values[np.arange(len(values)), draw["labels"]]
    cross_entropy = np.log(np.exp(values).sum(axis=1)) - of_the_truth
    return float(cross_entropy.mean() + 0.02 * draw["log_scale"] ** 2)


def central_differences(draw: Arrays, name: str) -> np.ndarray:
    slopes = np.empty_like(draw[name])
    for index in np.ndindex(slopes.shape):
        move = np.zeros_like(slopes)
        move[index] = STEP
        above, below = ({**draw, name: draw[name] + sign * move} for sign in (1, -1))
        slopes[index] = (loss(above) - loss(below)) / (2 * STEP)
    return slopes


def relative_error(got: np.ndarray, expected: np.ndarray) -> float:
    assert got.shape == expected.shape
    return float(np.linalg.norm(got - expected) / max(float(np.linalg.norm(expected)), SMALLEST))


# --- the tests --------------------------------------------------------------------------------------------------


def test_the_solution_gives_the_forward_values_of_its_formulas(draws: list[Arrays], answers: list[Arrays]) -> None:
    for draw, answer in zip(map(in_float64, draws), answers, strict=True):
        assert relative_error(answer["logits"], logits(draw)) < RTOL
        assert relative_error(answer["loss"], np.asarray(loss(draw))) < RTOL


@pytest.mark.parametrize("name", VARIABLES)
def test_the_solution_gives_the_gradients_of_central_differences(
    name: str, draws: list[Arrays], answers: list[Arrays]
) -> None:
    for draw, answer in zip(map(in_float64, draws), answers, strict=True):
        assert relative_error(answer[name], central_differences(draw, name)) < GRADIENT_RTOL
