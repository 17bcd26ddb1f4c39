"""The solution of exercise 03 against NumPy in float64: forward values, and gradients by central differences, no tape.

The contract prescribes derivatives that the forward pass does not have. They are those of an ordinary function: the
network in which each staircase f(a) is replaced by f(a0) + h(a) - h(a0), where a0 is the value at the point in question
(so the forward values there are those of the staircase) and h is the curve that the contract names.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from .asking import Arrays, ask, drawn

NAME = "03_nondifferentiable_ops"
PARAMETERS = ("threshold", "hidden_kernel", "hidden_bias", "output_kernel", "output_bias")
LIMIT, SHARPNESS, POWER = 7 / 8, 10.0, 0.3
STEP = 1e-6  # of the central differences
RTOL = 1e-4  # the solution computes in float32

QUESTIONS = """
def gradient(function, sources):
    with tf.GradientTape() as tape:
        target = function()
    return [found.numpy() for found in tape.gradient(target, sources)]


def operation(function, upstream, *arrays):
    sources = [tf.Variable(array) for array in arrays]
    found = gradient(lambda: tf.reduce_sum(upstream * function(*sources)), sources)
    return [function(*sources).numpy(), *found]


def answer(arrays):
    params = init_params()
    for name, variable in params.items():
        variable.assign(arrays[name])
    loss, gradients = loss_and_gradients(params, tf.constant(arrays["x"]), tf.constant(arrays["y"]))
    found = {"loss": loss.numpy(), **{name: gradients[name].numpy() for name in params}}
    for function, names in (
        (quantize, ["weights"]), (binarize, ["activations"]), (gate, ["levels", "thresholds"])
    ):
        results = operation(function, arrays[names[0] + "_upstream_1"], *(arrays[name] for name in names))
        found.update(zip([function.__name__, *("gradient_" + name for name in names)], results, strict=True))
    return found
"""


@pytest.fixture(scope="module")
def draws() -> list[Arrays]:
    return drawn(NAME, seed=20)


@pytest.fixture(scope="module")
def answers(draws: list[Arrays], tmp_path_factory: pytest.TempPathFactory) -> list[Arrays]:
    return ask(NAME, QUESTIONS, draws, tmp_path_factory.mktemp("solution"))


def float64(arrays: Arrays) -> Arrays:
    return {name: array.astype(np.float64) if array.dtype == np.float32 else array for name, array in arrays.items()}


def quantized(w: np.ndarray) -> np.ndarray:
    return np.round(clipped(w, LIMIT) * 8) / 8


def clipped(a: np.ndarray, limit: float) -> np.ndarray:
    return np.asarray(np.clip(a, -limit, limit))


def opened(x: np.ndarray, threshold: np.ndarray) -> np.ndarray:
    return np.where(x > threshold, 1.0, 0.0)


def logistic(x: np.ndarray, threshold: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-SHARPNESS * (x - threshold))))


def anchored_loss(p: Arrays, at: Arrays, x: np.ndarray, y: np.ndarray) -> float:
    """The loss at `p` of the network whose staircases are anchored at the parameters `at`."""
    open_there = opened(x, at["threshold"])
    is_open = open_there + logistic(x, p["threshold"]) - logistic(x, at["threshold"])
    kernels, kernels_there = {}, {}
    for name in ("hidden_kernel", "output_kernel"):
        kernels_there[name] = quantized(at[name])
        kernels[name] = kernels_there[name] + clipped(p[name], LIMIT) - clipped(at[name], LIMIT)
    hidden_there = (x * open_there) @ kernels_there["hidden_kernel"] + at["hidden_bias"]
    hidden = (x * is_open) @ kernels["hidden_kernel"] + p["hidden_bias"]
    bits = np.sign(hidden_there) + clipped(hidden, 1.0) - clipped(hidden_there, 1.0)
    scores = bits @ kernels["output_kernel"] + p["output_bias"]
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_share = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return float(-np.mean(log_share[np.arange(len(y)), y]) + POWER * np.mean(is_open))


def central_differences(function: Callable[[np.ndarray], float], at: np.ndarray) -> np.ndarray:
    slopes = np.zeros_like(at)
    for index in np.ndindex(at.shape):
        move = np.zeros_like(at)
        move[index] = STEP
        slopes[index] = (function(at + move) - function(at - move)) / (2 * STEP)
    return slopes


def assert_close(got: np.ndarray, expected: np.ndarray) -> None:
    assert got.shape == expected.shape
    assert np.linalg.norm(got - expected) <= RTOL * np.linalg.norm(expected)


def test_the_forward_pass_is_that_of_the_chip(draws: list[Arrays], answers: list[Arrays]) -> None:
    for arrays, answer in zip(map(float64, draws), answers, strict=True):
        np.testing.assert_array_equal(answer["quantize"], quantized(arrays["weights"]))
        np.testing.assert_array_equal(answer["binarize"], np.sign(arrays["activations"]))
        np.testing.assert_array_equal(answer["gate"], opened(arrays["levels"], arrays["thresholds"]))
        assert answer["loss"] == pytest.approx(anchored_loss(arrays, arrays, arrays["x"], arrays["y"]), rel=1e-5)


@pytest.mark.parametrize("name", PARAMETERS)
def test_gradients_are_those_that_the_contract_prescribes(
    name: str, draws: list[Arrays], answers: list[Arrays]
) -> None:
    alive = 0
    for arrays, answer in zip(map(float64, draws), answers, strict=True):

        def loss(value: np.ndarray, arrays: Arrays = arrays) -> float:
            return anchored_loss(arrays | {name: value}, arrays, arrays["x"], arrays["y"])

        expected = central_differences(loss, arrays[name])
        assert_close(answer[name], expected)
        alive += bool(np.any(expected))  # where all units are saturated, zeros are right
    assert alive > len(draws) / 2, "comparisons with zeros would prove nothing"


@pytest.mark.parametrize(
    ("names", "curve"),
    [
        (["weights"], lambda w: clipped(w, LIMIT)),
        (["activations"], lambda z: clipped(z, 1.0)),
        (["levels", "thresholds"], logistic),
    ],
    ids=["quantize", "binarize", "gate"],
)
def test_each_operation_passes_gradients_on_as_agreed(
    names: list[str], curve: Callable[..., np.ndarray], draws: list[Arrays], answers: list[Arrays]
) -> None:
    for arrays, answer in zip(map(float64, draws), answers, strict=True):
        upstream = arrays[f"{names[0]}_upstream_1"]
        for name in names:

            def weighted(value: np.ndarray, arrays: Arrays = arrays, name: str = name) -> float:
                moved = arrays | {name: value}
                return float(np.sum(upstream * curve(*(moved[source] for source in names))))  # noqa: B023  called at once

            assert_close(answer[f"gradient_{name}"], central_differences(weighted, arrays[name]))
