"""The container of Codespaces and VS Code is set up by the README's commands, and they work in a clean folder."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader.authoring.release import PROJECT

ROOT = Path(__file__).parents[1]
CONTAINER = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8"))
SETUP = [CONTAINER["onCreateCommand"], CONTAINER["updateContentCommand"]]  # in this order
SETUPTOOLS = Path(pytest.__file__).parents[1]


def test_the_readme_has_the_same_commands() -> None:
    readme = (ROOT / "README.md").read_text("utf-8").splitlines()
    places = [
        next(n for n, line in enumerate(readme) if line.partition("#")[0].strip() == command) for command in SETUP
    ]
    assert places[1] == places[0] + 1


def test_the_container_has_the_flags_with_which_the_sandbox_works() -> None:
    page = (ROOT / "docs" / "docker.md").read_text("utf-8")
    flags = CONTAINER["runArgs"]
    assert all(f"{option} {value}" in page for option, value in zip(flags[::2], flags[1::2], strict=True))


@pytest.mark.skipif(os.name == "nt", reason="a container has Linux")
def test_the_set_up_command_works_in_a_clean_folder(tmp_path: Path) -> None:
    """All of it but the downloads."""
    clone, lent = tmp_path / "clone", tmp_path / "lent"
    for name in ("grader", "exercises", "docs/codes"):
        shutil.copytree(ROOT / name, clone / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (*PROJECT, "README.md"):
        shutil.copy(ROOT / name, clone)
    lent.mkdir()
    for path in (*SETUPTOOLS.glob("setuptools*"), SETUPTOOLS / "_distutils_hack"):  # for want of an index
        (lent / path.name).symlink_to(path)
    offline = {"PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "PYTHONPATH": str(lent)}
    python, *arguments = shlex.split(SETUP[1])
    assert python == "python3"
    ended = subprocess.run(
        [sys.executable, *arguments], cwd=clone, env={**os.environ, **offline}, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "source .venv/bin/activate" in ended.stdout
    interpreter = CONTAINER["customizations"]["vscode"]["settings"]["python.defaultInterpreterPath"]
    interpreter = interpreter.replace("${containerWorkspaceFolder}", str(clone))
    code = "import grader; print(grader.__file__)"
    found = subprocess.run([interpreter, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == str(clone / "grader" / "__init__.py")
