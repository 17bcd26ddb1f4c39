"""The solution of exercise 07 against NumPy in float64: the valley by powers of its matrix, gradients by differences.

The functions are cut out of the solution notebook and called in an interpreter of their own, on the exercise's draws.
"""

from __future__ import annotations

import ast
import os
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from grader.course.notebook import read

ROOT = Path(__file__).parents[2]
NAME = "07_variables_and_state"
SHAPES: dict[str, tuple[int, ...]] = {"leak": (3,), "runoff": (), "log_area": (), "base": ()}
STEP = 1e-5  # of the central differences
RTOL = 2e-5  # the solution computes in float32

Arrays = dict[str, np.ndarray]

ANSWER = """
import sys


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
    """The notebook's imports, functions, classes and constants; its rainfalls and its training are left out."""
    solution = read(notebook)
    for number in range(1, len(solution.cells) + 1):
        if solution.runs(number):
            for statement in ast.parse(solution.to_run(number)).body:
                constant = isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]).strip("()").isupper()
                if constant or isinstance(statement, ast.Import | ast.FunctionDef | ast.ClassDef):
                    yield ast.unparse(statement)


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
