"""A solution, asked: its definitions are cut out of the notebook and called in an interpreter of their own."""

from __future__ import annotations

import ast
import os
import runpy
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from grader.course.notebook import read

ROOT = Path(__file__).parents[2]
KEPT = ast.Import | ast.FunctionDef | ast.ClassDef
ENVIRONMENT = {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3", "MPLBACKEND": "agg"}
EACH = """
import sys

for question, reply in zip(sys.argv[1::2], sys.argv[2::2]):
    np.savez(reply, **answer(dict(np.load(question))))
"""

Arrays = dict[str, np.ndarray]


def drawn(name: str, seed: int) -> list[Arrays]:
    """The exercise's hidden inputs."""
    inputs = runpy.run_path(str(ROOT / "exercises" / name / ".spec" / "inputs.py"))["inputs"]
    draws: dict[str, Arrays] = inputs(np.random.default_rng(seed))
    return list(draws.values())


def ask(name: str, answer: str, draws: Sequence[Arrays], folder: Path) -> list[Arrays]:
    """What the solution makes of each draw. `answer`: the text of a function `answer(arrays)` that calls it."""
    script = folder / "solution.py"
    script.write_text("\n".join([*definitions(ROOT / "solutions" / f"{name}.ipynb"), answer, EACH]), "utf-8")
    paths = [(folder / f"question_{number}.npz", folder / f"reply_{number}.npz") for number in range(len(draws))]
    for (question, _), draw in zip(paths, draws, strict=True):
        np.savez(question, **draw)  # type: ignore[arg-type]
    arguments = [str(path) for pair in paths for path in pair]
    subprocess.run([sys.executable, str(script), *arguments], env=os.environ | ENVIRONMENT, check=True, timeout=120)
    return [dict(np.load(reply)) for _, reply in paths]


def definitions(notebook: Path) -> Iterator[str]:
    """The notebook's imports, functions, classes and constants; its data and its training are left out."""
    solution = read(notebook)
    for number in range(1, len(solution.cells) + 1):
        if solution.runs(number):
            for statement in ast.parse(solution.to_run(number)).body:
                constant = isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]).isupper()
                if constant or isinstance(statement, KEPT):
                    yield ast.unparse(statement)
