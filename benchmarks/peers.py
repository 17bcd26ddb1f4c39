"""What others take for the same notebook: nbgrader and otter-grader, each in a virtual environment of its own.

    python benchmarks/peers.py --runs 3
    python benchmarks/peers.py --class-of 40 --runs 1     nbgrader on a class, beside `batch` with two workers

The environments are made once, in the user's cache folder (about 4 GB, minutes), and are used again the next time.
Both get the same two checks, as their own kind of tests. Nothing else in the project needs this script.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import venv
from argparse import Namespace
from collections.abc import Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from subprocess import run
from tempfile import TemporaryDirectory

import nbformat
import platformdirs
from measuring import Measure, Part, Target, arguments, command_seconds, interleaved, nbconvert, ratio, show
from nbformat.v4 import new_code_cell
from throughput import BATCH, batch, hand_in
from workload import BENCHMARK, NOTEBOOK, course

PEERS = {"nbgrader": "nbgrader==0.9.6", "otter": "otter-grader==7.0.0"}
CHECKS = (
    "assert all(g is not None for g in loss_and_gradients(build_model(), x, y)[1])",
    "assert losses[-1] < 0.9 * losses[0]",
)
ASSIGNMENT, STUDENT = "benchmark", "ada"
SCRIPTS = "Scripts" if os.name == "nt" else "bin"

NBCONVERT = "jupyter nbconvert --execute"
GRADER = "python -m grader NN"
AUTOGRADE, FEEDBACK, BOTH = "nbgrader autograde", "nbgrader generate_feedback", "nbgrader, both"
OTTER = "otter run"
CLASS_TIMES = 12.0  # what Gradient Clinic promises beside nbgrader


def environment(cache: Path, peer: str) -> Path:
    """The folder of a peer's commands; installed unless it is there."""
    folder = cache / PEERS[peer]
    scripts, done = folder / SCRIPTS, folder / "installed"
    if not done.exists():
        print(f"Installing {PEERS[peer]} into {folder} ...", file=sys.stderr)
        venv.create(folder, clear=True, with_pip=True)
        wanted = [PEERS[peer], f"tensorflow=={version('tensorflow')}", "ipykernel", "nbconvert"]
        run([scripts / "python", "-m", "pip", "install", "--quiet", *wanted], check=True)
        done.touch()
    return scripts


def nbgrader(scripts: Path, folder: Path) -> Mapping[str, float]:
    """One student's notebook, in a new course each time: what is graded already would be skipped."""
    with TemporaryDirectory(dir=folder) as name:
        own = Path(name)
        _course(own, scripts)
        shutil.copytree(own / "release" / ASSIGNMENT, own / "submitted" / STUDENT / ASSIGNMENT)
        student = ["--student", STUDENT, ASSIGNMENT]
        autograde = command_seconds([scripts / "nbgrader", "autograde", *student], own)
        feedback = command_seconds([scripts / "nbgrader", "generate_feedback", *student], own)
        return {AUTOGRADE: autograde, FEEDBACK: feedback, BOTH: autograde + feedback}


def _course(own: Path, scripts: Path) -> None:
    """An nbgrader course with the assignment released."""
    (own / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.CourseDirectory.root = {str(own)!r}\nc.CourseDirectory.course_id = 'benchmark'\n", "utf-8"
    )
    source = own / "source" / ASSIGNMENT / "notebook.ipynb"
    source.parent.mkdir(parents=True)
    _with_checks(source)
    command_seconds([scripts / "nbgrader", "generate_assignment", ASSIGNMENT], own)


def nbgrader_class(scripts: Path, folder: Path, submissions: Path) -> Mapping[str, float]:
    """Notebooks a minute through autograde and generate_feedback, each once for the whole class."""
    with TemporaryDirectory(dir=folder) as name:
        own = Path(name)
        _course(own, scripts)
        released = nbformat.read(own / "release" / ASSIGNMENT / "notebook.ipynb", as_version=4)
        checks = released.cells[-len(CHECKS) :]
        students = sorted(submissions.glob("*/*.ipynb"))
        for path in students:
            notebook = nbformat.read(path, as_version=4)
            notebook.cells += checks
            target = own / "submitted" / path.parent.name / ASSIGNMENT / "notebook.ipynb"
            target.parent.mkdir(parents=True)
            nbformat.write(notebook, target)
        seconds = command_seconds([scripts / "nbgrader", "autograde", ASSIGNMENT], own)
        seconds += command_seconds([scripts / "nbgrader", "generate_feedback", ASSIGNMENT], own)
        made = len(list(own.glob(f"feedback/*/{ASSIGNMENT}/notebook.html")))
        if made != len(students):
            raise RuntimeError(f"nbgrader made {made} reports of {len(students)}.")
        return {BOTH: 60 * len(students) / seconds}


def _with_checks(path: Path) -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    for number, check in enumerate(CHECKS):
        cell = new_code_cell(check)
        cell.metadata["nbgrader"] = {
            "grade": True,
            "grade_id": f"check_{number}",
            "locked": True,
            "points": 1,
            "schema_version": 3,
            "solution": False,
            "task": False,
        }
        notebook.cells.append(cell)
    nbformat.write(notebook, path)


def otter(scripts: Path, autograder: Path, folder: Path) -> Mapping[str, float]:
    with TemporaryDirectory(dir=folder) as name:
        notebook = Path(shutil.copy(NOTEBOOK, name))
        command: list[str | Path] = [scripts / "otter", "run", "-a", autograder, "-o", name, notebook]
        seconds = command_seconds(command, Path(name))
        results = json.loads((Path(name) / "results.json").read_text("utf-8"))
    if sum(test.get("score", 0) for test in results["tests"]) != len(CHECKS):
        raise RuntimeError(f"otter gave fewer points than it should: {results}")
    return {OTTER: seconds}


def autograder(scripts: Path, folder: Path) -> Path:
    """otter's configuration, as `otter generate` packs it."""
    tests = folder / "tests"
    tests.mkdir()
    for number, check in enumerate(CHECKS):
        case = {"code": f">>> {check}\n", "hidden": False, "locked": False}
        suite = {"cases": [case], "scored": True, "setup": "", "teardown": "", "type": "doctest"}
        text = f"test = { ({'name': f'q{number}', 'points': 1, 'suites': [suite]})!r}\n"
        (tests / f"q{number}.py").write_text("OK_FORMAT = True\n\n" + text, "utf-8")
    command_seconds(
        [scripts / "otter", "generate", "-t", tests, "-o", folder / "autograder.zip", "--no-environment"], folder
    )
    return folder / "autograder.zip"


def main() -> int:
    parser = arguments(__doc__, runs=3)
    parser.add_argument("--cache", type=Path, default=platformdirs.user_cache_path("gradient-clinic") / "peers")
    parser.add_argument("--class-of", type=int, default=0, metavar="N", help="a class of so many in place of one")
    options = parser.parse_args()
    if options.class_of:
        return whole_class(environment(options.cache, "nbgrader"), options)
    scripts = {peer: environment(options.cache, peer) for peer in PEERS}
    with course() as folder, TemporaryDirectory(prefix="benchmark-") as name:
        own = Path(name)
        grade = [sys.executable, "-m", "grader", f"exercises/{BENCHMARK}", "--device", "cpu"]
        measures: list[Measure] = [
            lambda: {NBCONVERT: command_seconds(nbconvert(NOTEBOOK, own), own)},
            partial(nbgrader, scripts["nbgrader"], own),
            partial(otter, scripts["otter"], autograder(scripts["otter"], own), own),
            lambda: {GRADER: command_seconds(grade, folder)},
        ]
        figures = interleaved(measures, options.runs, "peers")
    return show("peers", [Part("one notebook, from a cold shell", figures, NBCONVERT, "s")], [], options.json)


def whole_class(scripts: Path, options: Namespace) -> int:
    with course() as folder, TemporaryDirectory(prefix="benchmark-") as name:
        own = Path(name)
        submissions = hand_in(own / "class", options.class_of)
        measures: list[Measure] = [
            partial(nbgrader_class, scripts, own, submissions),
            lambda: {BATCH: 60 * options.class_of / batch(folder, submissions, 2)},
        ]
        figures = interleaved(measures, options.runs, "a class")
    target = Target("a class beside nbgrader", ratio(figures, BATCH, BOTH), CLASS_TIMES, at_least=True)
    return show(
        "peers", [Part(f"a class of {options.class_of}", figures, BOTH, "a minute", (target,))], [], options.json
    )


if __name__ == "__main__":
    sys.exit(main())
