"""What is installed from a wheel works: the command starts, and what the package needs beside its modules is there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LIBRARIES = Path(pytest.__file__).parents[1]  # lent to the new environment, so that nothing is downloaded


def pip(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    for name in ("grader", "docs/codes"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip("wheel", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", built, source)
    return next(built.glob("*.whl"))


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment in which the wheel was installed, and nothing of this checkout is."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=os.name != "nt")
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    pip("--python", programs / "python", "install", "--no-deps", "--no-index", wheel)
    modules = next(folder.rglob("site-packages"))
    (modules / "lent.pth").write_text(f"{LIBRARIES}\n")  # .pth files in there, as that of this checkout, are not read
    return programs


def run(*command: str | Path, cwd: Path) -> str:
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ended = subprocess.run(list(map(str, command)), cwd=cwd, env=environ, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_a_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    there = set(zipfile.ZipFile(wheel).namelist())
    files = [path for path in (ROOT / "grader").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert {path.relative_to(ROOT).as_posix() for path in files} <= there


def test_the_installed_command_starts(environment: Path, tmp_path: Path) -> None:
    text = run(environment / "gradient-clinic", "--help", cwd=tmp_path)
    assert "grade" in text and "doctor" in text and "verify" in text


def test_the_pages_of_the_codes_are_installed(environment: Path, tmp_path: Path) -> None:
    code = "import grader; print(grader.__file__)"
    assert Path(run(environment / "python", "-c", code, cwd=tmp_path).strip()).is_relative_to(environment.parent)
    page = (ROOT / "docs" / "codes" / "GRAD002.md").read_text("utf-8").splitlines()[0].removeprefix("# ")
    for command in ([environment / "python", "-m", "grader"], [environment / "gradient-clinic"]):
        assert run(*command, "explain", "GRAD002", cwd=tmp_path).splitlines()[0] == page
