"""A name -> a new exercise that works: the folder, the solution and the repairs, from a tiny template for an author to
rewrite piece by piece. The notebook and its solution come from one file of cells, so that they differ in the cells
tagged `repair` only. It has no stored outputs yet: they are to come from a real run.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from grader.model import number_of
from grader.model.codes import CAUSE_OF
from grader.model.errors import GraderError

TEMPLATE = Path(__file__).parent / "template"
SPEC = ("inputs.py", "probe.py", "test_basics.py", "test_gradients.py")
DETACHED = next(code for code, cause in CAUSE_OF.items() if cause == "detached_numpy")  # what the template's bug is
_NAME = re.compile(r"(?:(\d\d)_)?([a-z][a-z0-9_]*)")
_CELL = re.compile(r"^# %%(?: (\[markdown\]|repair))?\n", re.MULTILINE)


def scaffold(name: str, course: Path) -> Path:
    """Write the exercise `name` ("dead_units", or "14_dead_units") into `course`; its folder."""
    identifier = _identifier(name, course)
    folder = course / identifier
    files = _files(identifier, folder, course.parent)
    if there := [path for path in files if path.exists()]:
        raise GraderError(f"{there[0]} is there already.", "Choose another name, or move it away.")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def _identifier(name: str, course: Path) -> str:
    match = _NAME.fullmatch(name)
    if match is None:
        raise GraderError(
            f"{name} can't be an exercise's name.", "Small letters, digits and underscores, such as dead_units."
        )
    taken = {number_of(path.name): path.name for path in course.glob("[0-9][0-9]_*")}
    number = match[1] or f"{max(map(int, taken), default=0) + 1:02}"
    if number in taken:
        raise GraderError(f"There is an exercise {number} already: {taken[number]}.", "Leave the number out.")
    return f"{number}_{match[2]}"


def _files(identifier: str, folder: Path, root: Path) -> dict[Path, str]:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATE), undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    title = identifier.partition("_")[2].replace("_", " ").capitalize()

    def text(name: str, **more: Any) -> str:
        return environment.get_template(f"{name}.j2").render(title=title, code=DETACHED, **more)

    broken = _notebook(identifier, text("notebook.py", solved=False))
    repairs = [path.relative_to(TEMPLATE).with_suffix("").as_posix() for path in TEMPLATE.glob("*/*.j2")]
    return {
        folder / "notebook.ipynb": broken,
        folder / ".original.ipynb": broken,
        folder / "exercise.toml": text("exercise.toml"),
        **{folder / ".spec" / name: text(name) for name in SPEC},
        root / "solutions" / f"{identifier}.ipynb": _notebook(identifier, text("notebook.py", solved=True)),
        **{root / "tests" / "repairs" / identifier / name: text(name) for name in repairs},
    }


def _notebook(identifier: str, text: str) -> str:
    """The notebook of a script in cells: `# %%`, `# %% repair` and `# %% [markdown]`, this one in comments."""
    _, *parts = _CELL.split(text)
    cells = [_cell(number, kind, source) for number, (kind, source) in enumerate(zip(*[iter(parts)] * 2, strict=True))]
    metadata = {
        "gradient_clinic": {"exercise": identifier},
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    }
    tree = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(tree, ensure_ascii=False, indent=1) + "\n"


def _cell(number: int, kind: str | None, source: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"id": f"cell-{number}", "metadata": {}}
    if kind == "[markdown]":
        words = re.sub(r"^# ?", "", source, flags=re.MULTILINE)
        return {**cell, "cell_type": "markdown", "source": words.strip("\n").splitlines(keepends=True)}
    if kind == "repair":
        cell["metadata"] = {"tags": ["repair"]}
    lines = source.strip("\n").splitlines(keepends=True)
    return {**cell, "cell_type": "code", "execution_count": None, "outputs": [], "source": lines}
