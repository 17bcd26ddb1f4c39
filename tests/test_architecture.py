"""The direction of imports: the model first, then stage by stage, then the commands; and what never imports what."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "grader"
# Each may import those above it, and only those: rooms that share a line do not know each other.
LAYERS = [
    ["model"],
    ["words"],
    ["inside"],
    ["course"],
    ["kernels"],
    ["execution", "resident"],
    ["spec", "doctor"],
    ["grading"],
    ["report"],
    ["watch", "classroom", "authoring", "inprocess"],
    ["commands"],
    ["cli"],
]
DOCTOR = [  # the same for the modules of the doctor
    ["events", "wording", "remembered", "obstacles"],
    ["trace"],
    ["story", "extent"],
    ["backward", "naming", "suspect"],
    ["flow"],
    ["path", "case"],
    ["oracles", "ledger"],
    ["rules"],
    ["plans"],
    ["investigation"],
    ["examine"],
    ["file"],
    ["__init__"],
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
DOCTORS_LEVEL = {name: level for level, names in enumerate(DOCTOR) for name in names}
SOURCES = sorted(
    path for path in ROOT.rglob("*.py") if path.parent != ROOT or path.stem not in ("__init__", "__main__")
)


def parts(path: Path) -> tuple[str, ...]:
    """`grader/doctor/rules/zeros.py` -> doctor, rules, zeros."""
    relative = path.relative_to(ROOT).with_suffix("").parts
    return relative[:-1] if relative[-1] == "__init__" and len(relative) > 1 else relative


def imports(path: Path) -> set[tuple[str, ...]]:
    """The modules of ours that a file imports anywhere in it, relative imports included, as `parts`."""
    package = ("grader", *path.relative_to(ROOT).parts[:-1])
    modules = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            origin = (*base, *(node.module or "").split("."))
            names = [tuple(filter(None, (*origin, alias.name))) for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [tuple(alias.name.split(".")) for alias in node.names]
        else:
            continue
        modules |= {name[1:] for name in names if name[0] == "grader" and len(name) > 1}
    return modules


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    room = parts(path)[0]
    assert room in LEVEL, f"{room} stands in no layer of this test"
    used = {module[0] for module in imports(path)} - {room}
    wrong = {name for name in used & LEVEL.keys() if LEVEL[name] >= LEVEL[room] and LEVEL[room] > 0}
    assert not wrong, f"{room} imports what does not come before it: {wrong}"


@pytest.mark.parametrize("path", [p for p in SOURCES if parts(p)[0] == "doctor"], ids=lambda path: path.stem)
def test_imports_point_one_way_in_the_doctor_too(path: Path) -> None:
    def module(path: tuple[str, ...]) -> str:
        name = path[1] if len(path) > 1 else "__init__"
        return name if name in DOCTORS_LEVEL else "__init__"

    own = module(parts(path))
    used = {module(other) for other in imports(path) if other[0] == "doctor"} - {own}
    wrong = {name for name in used if DOCTORS_LEVEL[name] >= DOCTORS_LEVEL[own]}
    assert not wrong, f"{own} imports what does not come before it: {wrong}"


@pytest.mark.parametrize("path", [p for p in SOURCES if parts(p)[0] == "inside"], ids=lambda path: path.name)
def test_what_runs_in_a_kernel_needs_nothing_of_the_grader(path: Path) -> None:
    assert {module[0] for module in imports(path)} <= {"inside"}


def test_the_trusted_side_never_imports_tensorflow() -> None:
    for path in SOURCES:
        if parts(path)[0] != "inside":
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                assert not any(name.split(".")[0] in ("tensorflow", "keras") for name in names), path


def test_grading_imports_no_tensorflow() -> None:
    modules = "grader.grading.grader, grader.authoring.verify, grader.report, grader.cli"
    code = f"import sys, {modules}; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize("module", ["grader", "grader.cli", "grader.kernels", "grader.model"])
def test_the_command_line_starts_without_the_heavy_libraries(module: str) -> None:
    heavy = {"nbconvert", "jupyter_client", "pytest", "sqlalchemy"}
    code = f"import sys, {module}; sys.exit(bool({heavy} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
