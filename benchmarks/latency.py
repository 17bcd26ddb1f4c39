"""How long one person waits for one verdict, beside `jupyter nbconvert --execute` of the same notebook.

    python benchmarks/latency.py                    the benchmark notebook (00) and every shipped exercise
    python benchmarks/latency.py 00 02 --runs 9     some of them

Solutions' kernels are started before the clock is: a session keeps them, and so does the resident grader.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from measuring import Part, Target, arguments, command_seconds, difference, interleaved, nbconvert, ratio, show
from watching import Watching
from workload import BENCHMARK, course

from grader.course.catalogue import exercises, find
from grader.course.notebook import read
from grader.execution.session import open_session
from grader.grading.grader import Grader
from grader.kernels import KernelRequest, KernelSource, open_source
from grader.model import Exercise

GRADED = (0, 1)  # exit codes

NBCONVERT = "jupyter nbconvert --execute"
COLD = "python -m grader NN --kernel cold"
SHELL = "python -m grader NN, the first one"
SERVED = "python -m grader NN, from the second one on"
CLIENT = "python -m grader list, from the second one on"
WARM = "the same in a running grader"
WARM_CELLS = "  of which the cells' own time"
WATCH = "python -m grader watch: save to verdict"
RUN = "a warm run, nothing judged"
RUN_CELLS = "  of which the cells' own time "

TEN_TIMES, OVERHEAD, VERDICT = 10.0, 0.15, 0.35  # what Gradient Clinic promises
SIX_TIMES, SECOND, THIN = 6.0, 0.6, 0.15  # and from the second command on


def latency(folder: Path, exercise: Exercise, source: KernelSource, runs: int) -> Part:
    """Every way to a verdict on the notebook as it is shipped, interleaved."""
    notebook = read(exercise.notebook)
    with ExitStack() as opened:
        watching = opened.enter_context(Watching(folder, exercise.id))
        grader = opened.enter_context(Grader(source, "cpu"))
        grader.judge(exercise, notebook)  # starts the solution's kernel, which is kept
        for _ in range(2):  # the first one starts the resident grader, and both teach it
            command_seconds(_grade(exercise), folder, GRADED)
        measures = [
            _command(NBCONVERT, nbconvert(exercise.notebook, folder / "executed"), folder, (0,)),
            _command(COLD, [*_grade(exercise), "--kernel", "cold"], folder, GRADED),
            _command(SHELL, [*_grade(exercise), "--no-server"], folder, GRADED),
            _command(SERVED, _grade(exercise), folder, GRADED),
            _command(CLIENT, [sys.executable, "-m", "grader", "list"], folder, (0,)),
            lambda: _graded(grader, exercise),
            lambda: {WATCH: watching.save()},
            lambda: _run(source, exercise),
        ]
        figures = interleaved(measures, runs, exercise.id)
    return Part(exercise.id, figures, NBCONVERT, "s", _targets(exercise, figures))


def _grade(exercise: Exercise) -> list[str | Path]:
    return [sys.executable, "-m", "grader", f"exercises/{exercise.id}", "--device", "cpu"]


def _command(
    name: str, command: list[str | Path], folder: Path, codes: tuple[int, ...]
) -> Callable[[], Mapping[str, float]]:
    return lambda: {name: command_seconds(command, folder, codes)}


def _graded(grader: Grader, exercise: Exercise) -> Mapping[str, float]:
    begun = time.perf_counter()
    verdict = grader.judge(exercise, read(exercise.notebook))
    return {WARM: time.perf_counter() - begun, WARM_CELLS: verdict.timing.execute}


def _run(source: KernelSource, exercise: Exercise) -> Mapping[str, float]:
    """From the notebook's file to its outcome; the kernel's end included."""
    begun = time.perf_counter()
    with open_session(source, KernelRequest(exercise.limits, "cpu", exercise.data_files)) as session:
        run = session.run(read(exercise.notebook))
    return {RUN: time.perf_counter() - begun, RUN_CELLS: run.seconds}


def _targets(exercise: Exercise, figures: dict[str, list[float]]) -> tuple[Target, ...]:
    shell = Target("a cold shell's verdict beside nbconvert", ratio(figures, SHELL, NBCONVERT), 1.0)
    verdict = Target("save to verdict beyond the cells' own time", difference(figures, WATCH, WARM_CELLS), VERDICT, "s")
    run = Target("a run beyond the cells' own time", difference(figures, RUN, RUN_CELLS), OVERHEAD, "s")
    second = Target("a second command beyond the cells' own time", difference(figures, SERVED, WARM_CELLS), SECOND, "s")
    six = Target(
        "a second command is faster than nbconvert", ratio(figures, NBCONVERT, SERVED), SIX_TIMES, at_least=True
    )
    thin = Target("a command that does next to nothing", median(figures[CLIENT]), THIN, "s")
    times = ratio(figures, NBCONVERT, WATCH)
    faster = Target("save to verdict is faster than nbconvert", times, TEN_TIMES, at_least=True)
    every = (shell, second, six, thin, verdict, run)
    return (faster, *every) if exercise.id == BENCHMARK else every


@contextmanager
def resident_grader() -> Iterator[None]:
    """Commands find one that nobody else uses, and it ends with us."""
    with TemporaryDirectory(prefix="runtime-") as runtime:
        os.environ["XDG_RUNTIME_DIR"] = runtime
        os.environ.pop("CI", None)
        try:
            yield
        finally:
            subprocess.run([sys.executable, "-m", "grader", "server", "stop"], stdout=subprocess.DEVNULL)


def main() -> int:
    parser = arguments(__doc__, runs=5)
    parser.add_argument("exercises", nargs="*", metavar="NN", help="numbers or names; 00 is the benchmark notebook")
    options = parser.parse_args()
    with resident_grader(), course() as folder, closing(open_source("warm")) as source:
        root = folder / "exercises"
        chosen = [find(name, root) for name in options.exercises] or exercises(root)
        parts = [latency(folder, exercise, source, options.runs) for exercise in chosen]
        walls = "behind walls" if source.sandboxed else f"without walls. {source.notice}"
    return show("latency", parts, [f"Warm kernels run {walls}."], options.json)


if __name__ == "__main__":
    sys.exit(main())
