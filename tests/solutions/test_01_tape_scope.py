"""The solution of exercise 01 against NumPy in float64: forward values, and gradients by central differences, no tape.

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
NAME = "01_tape_scope"
VARIABLES = ("signal/kernel", "signal/bias", "weather/kernel", "weather/bias", "head/kernel", "head/bias")
DECAY = 0.01
STEP = 1e-6  # of the central differences
RTOL = 2e-5  # the solution computes in float32
SENSITIVITY_RTOL = 2e-4  # with small weights it is a difference of nearly equal numbers

Arrays = dict[str, np.ndarray]

ANSWER = """
import sys


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
    """The notebook's imports, functions, classes and constants; its measurements and its training are left out."""
    solution = read(notebook)
    for number in range(1, len(solution.cells) + 1):
        if solution.runs(number):
            for statement in ast.parse(solution.to_run(number)).body:
                constant = isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]).isupper()
                if constant or isinstance(statement, ast.Import | ast.FunctionDef | ast.ClassDef):
                    yield ast.unparse(statement)


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
