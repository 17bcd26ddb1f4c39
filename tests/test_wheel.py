"""What is installed from a wheel works: the command starts, what the package needs beside its modules is there, and a
learner gets through the course in a folder where nothing else is.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from grader.course.catalogue import exercises
from grader.course.shipped import COURSE

from .kernels.conftest import need_walls

ROOT = Path(__file__).parent.parent
LIBRARIES = Path(pytest.__file__).parents[1]  # lent to the new environment, so that nothing is downloaded
OWN = ("*.pth", "__editable__*", "gradient_clinic*")  # what makes this checkout the grader there
PROGRAMS = "Scripts" if os.name == "nt" else "bin"


def pip(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a source distribution, as those are that an installer has to build; and that from a clone."""
    source, packed, built = (tmp_path_factory.mktemp(name) for name in ("source", "packed", "built"))
    for name in ("grader", "docs/codes", "exercises", "solutions"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in ("notebook.ipynb", "notebook.mine-1.ipynb", ".spec/notes.txt"):
        (source / "exercises" / "00_first_steps" / name).write_text("CANARY")
    code = f"from setuptools import build_meta; build_meta.build_sdist({str(packed)!r})"
    subprocess.run([sys.executable, "-c", code], cwd=source, check=True, capture_output=True)
    pip("wheel", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", built, next(packed.iterdir()))
    return next(built.glob("*.whl"))


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment in which the wheel was installed, and nothing of this checkout is."""
    folder = tmp_path_factory.mktemp("environment")
    folder.chmod(0o755)  # as it is where somebody makes one; pytest's folders are private
    venv.create(folder, symlinks=os.name != "nt")
    programs = folder / PROGRAMS
    modules = next(folder.rglob("site-packages"))
    # Not by a .pth file: a sandbox shows what lies in the environment.
    ignore = shutil.ignore_patterns(*OWN)
    shutil.copytree(LIBRARIES, modules, symlinks=True, ignore=ignore, copy_function=link, dirs_exist_ok=True)
    pip("--python", programs / "python", "install", "--no-index", wheel)  # fails where anything else would be installed
    return programs


def link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # on another disk
        shutil.copy2(source, target)


@pytest.fixture(scope="module")
def laid_out(environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The course, as the first command lays it out in an empty folder."""
    empty = tmp_path_factory.mktemp("empty")
    printed = run(environment / "gradient-clinic", "start", cwd=empty)
    assert "  cd gradient-clinic\n" in printed
    return empty / "gradient-clinic"


def attempt(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    told = {**environ, "COLUMNS": "80"}
    return subprocess.run(list(map(str, command)), cwd=cwd, env=told, capture_output=True, text=True, timeout=180)


def run(*command: str | Path, cwd: Path) -> str:
    ended = attempt(*command, cwd=cwd)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_a_wheel_holds_every_file_of_the_package_and_nothing_that_lay_about(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        there = {name: archive.read(name) for name in archive.namelist()}
    files = [path for path in (ROOT / "grader").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert {path.relative_to(ROOT).as_posix() for path in files} <= there.keys()
    assert not [name for name, content in there.items() if b"CANARY" in content]
    assert {name.split("/")[0] for name in there} == {"grader", "gradient_clinic-0.1.0.dist-info"}


def test_the_installed_command_starts(environment: Path, tmp_path: Path) -> None:
    text = run(environment / "gradient-clinic", "--help", cwd=tmp_path)
    assert "grade" in text and "doctor" in text and "verify" in text


def test_the_pages_of_the_codes_are_installed(environment: Path, tmp_path: Path) -> None:
    code = "import grader; print(grader.__file__)"
    assert Path(run(environment / "python", "-c", code, cwd=tmp_path).strip()).is_relative_to(environment.parent)
    page = (ROOT / "docs" / "codes" / "GRAD002.md").read_text("utf-8").splitlines()[0].removeprefix("# ")
    for command in ([environment / "python", "-m", "grader"], [environment / "gradient-clinic"]):
        assert run(*command, "explain", "GRAD002", cwd=tmp_path).splitlines()[0] == page
    next(environment.parent.rglob("codes/GRAD003.md")).unlink()
    lost = attempt(environment / "gradient-clinic", "explain", "3", cwd=tmp_path)
    assert lost.returncode == 3 and "GRAD003 is missing" in lost.stderr


def test_the_pages_can_be_read_where_few_packages_are(tmp_path: Path) -> None:
    """As in Colab after `pip install --no-deps`: Click, Rich and NumPy are there."""
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    names = {re.split(r"[><=]", requirement)[0].replace("-", "_") for requirement in needed}
    missing = names - {"click", "rich", "numpy"}
    assert {"tensorflow", "jupyter_client", "tomli_w"} <= missing
    code = f"import sys; sys.modules.update(dict.fromkeys({missing})); from grader.cli import main; main()"
    assert run(sys.executable, "-c", code, "explain", "GRAD002", cwd=tmp_path).startswith("GRAD002: ")


def test_away_from_a_course_the_command_says_how_to_get_one(environment: Path, tmp_path: Path) -> None:
    for arguments in (["00"], ["list"], ["watch"], ["hint"]):
        ended = attempt(environment / "gradient-clinic", *arguments, cwd=tmp_path)
        assert (ended.returncode, ended.stdout) == (2, "")
        assert ended.stderr == (
            f"There is no course in {tmp_path} or above it.\n"
            "`gradient-clinic start` lays one out. If you have one, go to its folder.\n"
        )


def test_a_learner_sees_notebooks_and_no_answers(laid_out: Path) -> None:
    names = {path.relative_to(laid_out).as_posix() for path in laid_out.rglob("*") if path.is_file()}
    notebooks = {f"exercises/{exercise.id}/notebook.ipynb" for exercise in exercises(COURSE)}
    assert names == {"README.md", ".gradient-clinic.toml", *notebooks}
    for exercise in exercises(COURSE):
        assert (laid_out / exercise.place_of(exercise.notebook)).read_bytes() == exercise.original.read_bytes()


@pytest.mark.kernel
def test_a_learners_way_through_an_installed_course(environment: Path, laid_out: Path) -> None:
    """The README's commands, in its order; the hidden checks run, though none of them is in the learner's folder."""
    readme = (laid_out / "README.md").read_text("utf-8")
    shown = re.findall(r"^\| `gradient-clinic ([^`]+)` \|", readme, re.MULTILINE)
    assert {command.split()[0] for command in shown} >= {"00", "watch", "hint", "report", "reset", "list", "start"}
    grader = environment / "gradient-clinic"
    folder = laid_out / "exercises" / "00_first_steps"
    notebook = folder / "notebook.ipynb"

    broken = attempt(grader, "00", cwd=laid_out)
    assert broken.returncode == 1, broken.stdout + broken.stderr
    assert "4 / 10 points   failed" in broken.stdout and "runs when you submit" not in broken.stdout
    assert "hint 1 of " in run(grader, "hint", "00", cwd=folder)  # a folder below is as good
    report = laid_out / "reports" / "00_first_steps.html"
    assert run(grader, "report", "00", cwd=folder).strip() == str(report) and report.is_file()

    pexpect = pytest.importorskip("pexpect", reason="there are no pseudo-terminals here")
    watch = pexpect.spawn(str(grader), ["watch", "00", "--plain"], cwd=str(laid_out), encoding="utf-8", timeout=90)
    watch.expect("failed")
    shutil.copy(ROOT / "solutions" / "00_first_steps.ipynb", notebook)
    watch.expect("passed")
    watch.sendintr()
    watch.expect(pexpect.EOF)

    assert "✓ 00  First steps" in run(grader, "list", cwd=laid_out)
    assert "One way to repair it" in run(grader, "hint", "00", "--solution", cwd=laid_out)
    assert "has been reset" in run(grader, "reset", "00", cwd=laid_out)
    assert notebook.read_bytes() == (ROOT / "exercises" / "00_first_steps" / ".original.ipynb").read_bytes()


SPY = """import pathlib, sys
places = [place for place in pathlib.Path(sys.prefix).rglob("shipped/*") if place.is_dir()]
raise RuntimeError(f"found {sorted(place.name for place in places)}")"""


@pytest.mark.kernel
@pytest.mark.sandbox
def test_a_notebook_behind_walls_does_not_see_the_installed_answers(environment: Path, laid_out: Path) -> None:
    need_walls()
    nbformat.write(new_notebook(cells=[new_code_cell(SPY)]), laid_out / "spy.ipynb")
    grade = (environment / "gradient-clinic", "grade", "01", "--notebook", "spy.ipynb")
    seen, hidden = (attempt(*grade, "--sandbox", walls, cwd=laid_out).stdout for walls in ("off", "bwrap"))
    assert "found ['docs', 'exercises', 'solutions']" in seen
    assert "found []" in hidden
