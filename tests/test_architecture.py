"""The direction of imports: model, then the stages, then the commands; and what never imports what."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "grader"
# Each may import those on its own line and above. Folders count as one module.
LAYERS = [
    ["model", "errors", "explain"],
    ["inside"],
    ["notebook", "catalogue", "evidence", "progress", "obstacles", "findings", "exhausted"],
    ["kernels"],
    ["execute"],
    ["probe"],
    ["spec", "doctor"],
    ["reference", "verdict", "hints", "examine", "beside"],
    ["grading", "repairs", "diagnosis"],
    ["verify", "report", "release", "scaffold"],
    ["classroom", "watch"],
    ["cli", "commands"],
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
SOURCES = sorted(
    path for path in ROOT.rglob("*.py") if path.parent != ROOT or path.stem not in ("__init__", "__main__")
)
STANDALONE = ("model", "errors", "explain")
FREE = {"classroom/commands.py"}  # a command, kept beside what it commands


def part(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """The modules of ours that a file imports anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("grader.")}
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path):
    own = part(path)
    assert own in LEVEL, f"{own} stands in no layer of this test"
    if str(path.relative_to(ROOT)) in FREE:
        return
    wrong = {name for name in imports(path) & LEVEL.keys() if LEVEL[name] > LEVEL[own]}
    assert not wrong, f"{own} imports what runs after it: {wrong}"


@pytest.mark.parametrize("path", [p for p in SOURCES if part(p) == "inside"], ids=lambda path: path.name)
def test_what_runs_in_a_kernel_needs_nothing_of_the_grader(path):
    allowed = {"inside"} | (set() if path.name != "__init__.py" else {"inside"})
    assert imports(path) <= allowed


def test_the_trusted_side_never_imports_tensorflow():
    for path in SOURCES:
        if part(path) != "inside":
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                assert not any(name.split(".")[0] in ("tensorflow", "keras") for name in names), path


def test_grading_imports_no_tensorflow():
    code = "import sys, grader.grading, grader.verify, grader.report, grader.cli; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize("module", ["grader", "grader.cli", "grader.kernels", "grader.model"])
def test_the_command_line_starts_without_the_heavy_libraries(module):
    heavy = {"nbconvert", "jupyter_client", "pytest", "sqlalchemy"}
    code = f"import sys, {module}; sys.exit(bool({heavy} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
