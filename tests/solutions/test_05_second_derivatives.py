"""The solution of exercise 05 against NumPy in float64: the formulas of its contract, differences for derivatives.

The functions are cut out of the solution notebook and called in an interpreter of their own, on the exercise's draws.
"""

from __future__ import annotations

import ast
import os
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from grader.course.notebook import read

ROOT = Path(__file__).parents[2]
NAME = "05_second_derivatives"
VARIABLES = ("hidden/kernel", "hidden/bias", "output/kernel")
STEP = 1e-5  # of a first derivative by central differences, over the steepest unit's slope
STEP_TWICE = 1e-3  # of the derivative of such a one
STEP_FOURTH_ORDER = 1e-2
RTOL = 5e-5  # the solution computes in float32; a tanh that is nearly flat costs digits
RTOL_DIFFERENCES = 2e-4  # a second difference is good to a few digits

Arrays = dict[str, np.ndarray]

ANSWER = """
import sys


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


for question, reply in zip(sys.argv[1::2], sys.argv[2::2]):
    np.savez(reply, **answer(dict(np.load(question))))
"""


@pytest.fixture(scope="module")
def draws() -> list[Arrays]:
    inputs = runpy.run_path(str(ROOT / "exercises" / NAME / ".spec" / "inputs.py"))["inputs"]
    result: dict[str, Arrays] = inputs(np.random.default_rng(11))
    return list(result.values())


@pytest.fixture(scope="module")
def answers(draws: list[Arrays], tmp_path_factory: pytest.TempPathFactory) -> list[Arrays]:
    folder = tmp_path_factory.mktemp("solution")
    script = folder / "solution.py"
    script.write_text("\n".join(definitions(ROOT / "solutions" / f"{NAME}.ipynb")) + ANSWER, "utf-8")
    arguments: list[str] = []
    for number, draw in enumerate(draws):
        np.savez(folder / f"question_{number}.npz", **draw)  # type: ignore[arg-type]
        arguments += [str(folder / f"question_{number}.npz"), str(folder / f"reply_{number}.npz")]
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3", "MPLBACKEND": "agg"}
    subprocess.run([sys.executable, str(script), *arguments], env=environment, check=True, timeout=120)
    return [dict(np.load(folder / f"reply_{number}.npz")) for number in range(len(draws))]


def definitions(notebook: Path) -> Iterator[str]:
    """The notebook's imports, functions, classes and constants; its buoys and its training are left out."""
    solution = read(notebook)
    for number in range(1, len(solution.cells) + 1):
        if solution.runs(number):
            for statement in ast.parse(solution.to_run(number)).body:
                constant = isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]).strip("()").isupper()
                if constant or isinstance(statement, ast.Import | ast.FunctionDef | ast.ClassDef):
                    yield ast.unparse(statement)


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
