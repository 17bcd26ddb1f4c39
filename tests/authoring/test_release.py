"""What a learner's kit holds, what it must not hold, and that it works where nothing else is."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from grader.authoring.release import FOLDER, release
from grader.course.catalogue import exercises, load
from grader.course.notebook import parse, read
from grader.model import Exercise
from grader.model.errors import GraderError

ROOT = Path(__file__).parents[2]
COURSE = ROOT / "exercises"
SHORTEST = 30  # characters of a line that says something: shorter ones stand everywhere


@pytest.fixture(scope="module")
def kits(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Path]:
    """The kits of the real course: without the hidden part, and with it."""
    folder = tmp_path_factory.mktemp("kits")
    paths = {False: folder / "kit.zip", True: folder / "everything.zip"}
    for with_spec, path in paths.items():
        release(COURSE, path, with_spec)
    return paths


def contents(kit: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(kit) as archive:
        return {name.removeprefix(f"{FOLDER}/"): archive.read(name) for name in archive.namelist()}


# --- nothing hidden is inside -----------------------------------------------------------------------------------------


def lines(text: str) -> set[str]:
    return {line.strip() for line in text.splitlines() if len(line.strip()) >= SHORTEST}


# What TensorFlow code says everywhere: it stands in the pages of the codes and in the template of new exercises.
PUBLIC = [*(ROOT / "docs" / "codes").glob("*.md"), *(ROOT / "grader" / "authoring" / "scaffold").rglob("*.j2")]
TURNS_OF_PHRASE = {line for path in PUBLIC for line in lines(path.read_text())}


def hidden_lines(exercise: Exercise) -> set[str]:
    """Lines of hidden tests, solutions and repairs that don't stand in what a learner is shown anyway."""
    assert exercise.solution is not None
    spec = exercise.spec.folder
    hidden = lines((spec / "test_gradients.py").read_text())
    hidden |= lines("\n".join(read(exercise.solution).cells))
    hidden |= {line for path in exercise.repairs.rglob("*.py") for line in lines(path.read_text())}
    shown = lines("\n".join(read(exercise.original).cells))
    shown |= {line for name in ("test_basics.py", "probe.py", "inputs.py") for line in lines((spec / name).read_text())}
    return hidden - shown - TURNS_OF_PHRASE


def texts(kit: Path) -> Iterator[tuple[str, str]]:
    """Each file as its text; a notebook also as its cells, where a line is not spelt in JSON."""
    for name, content in contents(kit).items():
        yield name, content.decode()
        if name.endswith(".ipynb"):
            yield name, "\n".join(parse(content).cells)


def test_no_line_of_a_hidden_test_a_solution_or_a_repair_is_in_a_kit(kits: dict[bool, Path]) -> None:
    for exercise in exercises(COURSE):
        hidden = hidden_lines(exercise)
        assert len(hidden) > 20
        found = {(name, line) for name, text in texts(kits[False]) for line in hidden & lines(text)}
        assert found == set()
        everything = {line for _, text in texts(kits[True]) for line in lines(text)}
        assert hidden <= everything  # so the search finds what is there


def test_no_debrief_is_in_a_kit(kits: dict[bool, Path]) -> None:
    everything = "".join(text for _, text in texts(kits[False]))
    for exercise in exercises(COURSE):
        for bug in exercise.bugs:
            assert bug.debrief and json.dumps(bug.debrief, ensure_ascii=False)[1:-1] not in everything


def test_a_kit_is_the_same_to_the_last_byte_when_nothing_hidden_exists(kits: dict[bool, Path], tmp_path: Path) -> None:
    """Whatever is hidden, and whatever lies about in a course, has no influence on its kit."""
    bare = tmp_path / "bare" / "exercises"
    for exercise in exercises(COURSE):
        folder = bare / exercise.id
        names = ["exercise.toml", ".original.ipynb", *exercise.data, *(f".spec/{n}.py" for n in OPEN)]
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(exercise.folder / name, folder / name)
        toml = folder / "exercise.toml"
        toml.write_text(re.sub(r'^debrief = ".*"', 'debrief = "another"', toml.read_text(), flags=re.MULTILINE))
    release(bare, tmp_path / "bare.zip")
    assert (tmp_path / "bare.zip").read_bytes() == kits[False].read_bytes()


OPEN = ("inputs", "probe", "test_basics")


def test_what_lies_about_in_a_course_stays_there(course: Path) -> None:
    folder = course / "exercises" / "01_line"
    marked = [
        folder / "notebook.ipynb",
        folder / "notebook.mine-1.ipynb",
        folder / ".ipynb_checkpoints" / "notebook-checkpoint.ipynb",
        folder / ".spec" / "test_gradients.py",
        folder / ".spec" / "notes.txt",
        folder / ".spec" / "__pycache__" / "test_gradients.cpython-311.pyc",
        course / "solutions" / "01_line.ipynb",
        course / "tests" / "repairs" / "01_line" / "accept" / "one.py",
        course / "reports" / "01_line.html",
        course / ".grader" / "progress.json",
    ]
    for path in marked:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((path.read_text() if path.exists() else "") + "\n# CANARY\n")
    with (folder / "exercise.toml").open("a") as toml:
        toml.write("# CANARY\n")
    release(course / "exercises", course / "kit.zip")
    assert [name for name, content in contents(course / "kit.zip").items() if b"CANARY" in content] == []


def test_two_kits_of_one_course_are_the_same_bytes(course: Path) -> None:
    first, second = (course / name for name in ("first.zip", "second.zip"))
    release(course / "exercises", first)
    for path in (course / "exercises").rglob("*"):
        path.touch()
    release(course / "exercises", second)
    assert first.read_bytes() == second.read_bytes()


# --- what is inside ---------------------------------------------------------------------------------------------------


def test_a_kit_has_all_that_a_learner_needs(kits: dict[bool, Path]) -> None:
    names = contents(kits[False]).keys()
    for exercise in exercises(COURSE):
        mine = {name.removeprefix(f"exercises/{exercise.id}/") for name in names if f"/{exercise.id}/" in name}
        files = {"exercise.toml", "notebook.ipynb", ".original.ipynb", *(f".spec/{name}.py" for name in OPEN)}
        assert mine == files | set(exercise.data)
    wanted = {"README.md", "bootstrap.py", "pyproject.toml", "constraints.txt", "LICENSE", "grader/cli.py"}
    assert wanted <= names
    assert not any(name.startswith(("solutions", "tests")) for name in names)
    code = {path.relative_to(ROOT).as_posix() for path in (ROOT / "grader").rglob("*.py")}
    assert code <= names


def test_a_kits_exercises_are_those_of_the_course_but_for_the_debriefs(kits: dict[bool, Path], tmp_path: Path) -> None:
    with zipfile.ZipFile(kits[False]) as archive:
        archive.extractall(tmp_path)
    for exercise in exercises(COURSE):
        kept = load(tmp_path / FOLDER / "exercises" / exercise.id)
        assert kept.checks == exercise.checks and kept.contract == exercise.contract
        assert kept.bugs == tuple(replace(bug, debrief="") for bug in exercise.bugs)


def test_no_bugs_title_place_or_hint_can_be_read_in_a_kit(kits: dict[bool, Path]) -> None:
    files = contents(kits[False])
    everything = "\n".join(text for _, text in texts(kits[False]))
    for exercise in exercises(COURSE):
        assert isinstance(tomllib.loads(files[f"exercises/{exercise.id}/exercise.toml"].decode())["bugs"], str)
        for bug in exercise.bugs:
            for secret in (bug.title, *bug.hints):
                assert secret not in everything, secret
                assert json.dumps(secret, ensure_ascii=False)[1:-1] not in everything, secret


def test_a_kit_holds_only_the_exercises_that_are_named(tmp_path: Path) -> None:
    kit = release(COURSE, tmp_path / "kit.zip", names=["01", "02"])
    held = {name.split("/")[1] for name in contents(tmp_path / "kit.zip") if name.startswith("exercises/")}
    assert {one[:2] for one in held} == {"01", "02"} and kit.exercises == 2
    assert "03 " not in contents(tmp_path / "kit.zip")["README.md"].decode()
    with pytest.raises(GraderError, match="There is no exercise 77"):
        release(COURSE, tmp_path / "kit.zip", names=["77"])


def test_a_kits_damaged_bugs_are_named_with_the_file(course: Path) -> None:
    toml = course / "exercises/01_line/exercise.toml"
    toml.write_text('bugs = "no"\n' + toml.read_text().partition("[[bugs]]")[0])
    with pytest.raises(GraderError, match=r"exercise\.toml: the packed bugs can't be read"):
        load(toml.parent)


def test_a_kit_with_everything_is_the_whole_course(kits: dict[bool, Path]) -> None:
    files = contents(kits[True])
    for exercise in exercises(COURSE):
        own = [path for path in exercise.folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
        assert exercise.solution is not None
        own += [exercise.solution, *exercise.repairs.rglob("*.py")]
        original = exercise.original.read_bytes()
        for path in own:
            if ".ipynb_checkpoints" not in path.parts and not path.name.startswith("notebook.mine"):
                expected = original if path == exercise.notebook else path.read_bytes()
                assert files[path.relative_to(ROOT).as_posix()] == expected, path


def test_the_readme_tells_its_reader_about_this_kit(kits: dict[bool, Path]) -> None:
    short, whole = (contents(kits[with_spec])["README.md"].decode() for with_spec in (False, True))
    for exercise in exercises(COURSE):
        assert f"{exercise.id[:2]} {exercise.title}" in short
    assert "Other checks are hidden" in short and "solutions/" not in short
    assert "The solutions are in `solutions/`" in whole and "submit" not in whole
    assert all(f"`python -m grader {name} " in short for name in ("doctor", "explain", "hint"))
    assert "After 00 comes 01 Tape scope: repair its notebook, then `python -m grader 01`." in short


def test_the_readme_tells_where_to_submit(tmp_path: Path) -> None:
    kit = tmp_path / "kit.zip"
    release(COURSE, kit)
    assert "Submit where your instructor has asked you to." in contents(kit)["README.md"].decode()
    release(COURSE, kit, submit="https://school.example/lab")
    assert "Submit here: https://school.example/lab\n" in contents(kit)["README.md"].decode()


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("def test_connected(answers):", "def test_connected(draws):", "test_connected asks for `draws`"),
    ],
)
def test_a_check_that_could_not_run_in_a_kit_is_refused(course: Path, old: str, new: str, complaint: str) -> None:
    for path in (course / "exercises").rglob("*"):
        if path.name in ("test_basics.py", "exercise.toml"):
            path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(GraderError, match=complaint):
        release(course / "exercises", course / "kit.zip")
    assert not (course / "kit.zip").exists()


# --- a kit where nothing else is --------------------------------------------------------------------------------------


@pytest.fixture
def unpacked(course: Path, tmp_path: Path) -> Path:
    """The kit of the fixture course in an empty folder."""
    release(course / "exercises", tmp_path / "kit.zip")
    with zipfile.ZipFile(tmp_path / "kit.zip") as archive:
        archive.extractall(tmp_path / "learner")
    shutil.rmtree(course)
    return tmp_path / "learner" / FOLDER


@pytest.fixture
def python(unpacked: Path) -> Path:
    """An interpreter that has this one's libraries, and the kit's grader instead of ours."""
    folder = unpacked / ".venv"
    venv.create(folder, symlinks=True)
    own = sysconfig.get_path("purelib", vars={"base": str(folder)})
    Path(own, "kit.pth").write_text(f"{unpacked}\n{sysconfig.get_path('purelib')}\n")
    return folder / "bin" / "python"


@pytest.mark.kernel
@pytest.mark.skipif(sys.platform == "win32", reason="paths")
def test_a_learners_way_through_a_kit(unpacked: Path, python: Path) -> None:
    def grader(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(python), "-m", "grader", *arguments]
        return subprocess.run(
            command,
            cwd=unpacked,
            capture_output=True,
            text=True,
            timeout=180,
            env={"COLUMNS": "80", "PATH": "/usr/bin"},
        )

    where = subprocess.run(
        [python, "-I", "-c", "import grader; print(grader.__file__)"], capture_output=True, text=True
    )
    assert where.stdout.strip() == str(unpacked / "grader" / "__init__.py")  # also where a judge is started

    broken = grader("exercises/01", "--sandbox", "off", "--kernel", "cold")
    assert broken.returncode == 1, broken.stdout + broken.stderr
    assert "intercept received None" in broken.stdout
    assert "skipped: runs when you submit" in broken.stdout
    assert "hint 1 of " in grader("hint", "01").stdout

    notebook = unpacked / "exercises" / "01_line" / "notebook.ipynb"
    notebook.write_text(notebook.read_text().replace("intercept.numpy()", "intercept"))
    repaired = grader("exercises/01", "--sandbox", "off", "--kernel", "cold")
    assert repaired.returncode == 0, repaired.stdout + repaired.stderr
    assert "All checks of this kit passed; the hidden ones run when you submit." in repaired.stdout
    assert "5 / 10 points" in repaired.stdout
    assert "What was wrong" not in (unpacked / "reports" / "01_line.html").read_text()


def test_an_exercise_of_a_kit_has_no_solution(unpacked: Path) -> None:
    assert load(unpacked / "exercises" / "01_line").solution is None


def test_the_command_says_what_is_in_the_kit(course: Path) -> None:
    def made(*arguments: str) -> str:
        command = [sys.executable, "-m", "grader", "release", "--output", "kit.zip", *arguments]
        return subprocess.run(command, cwd=course, capture_output=True, text=True, check=True, timeout=60).stdout

    assert "It contains no hidden checks, solutions or debriefs" in made()
    assert "exercises/01_line/.spec/test_gradients.py" not in contents(course / "kit.zip")
    assert "people whom you will grade" in made("--with-spec")
    assert "exercises/01_line/.spec/test_gradients.py" in contents(course / "kit.zip")
