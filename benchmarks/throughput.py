"""How long a class takes: `python -m grader batch` with J workers, beside J `jupyter nbconvert --execute` at a time.

    python benchmarks/throughput.py --notebooks 200 --jobs 2

The batch is the whole one: intake, hidden inputs, judging, a report for each student, gradebook and class page.
nbconvert only runs the notebooks; as its time grows evenly with their number, it is given fewer.
"""

from __future__ import annotations

import csv
import sys
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from measuring import Part, Target, arguments, command_seconds, interleaved, nbconvert, ratio, show
from workload import BENCHMARK, NOTEBOOK, course

EACH = 2  # notebooks that each nbconvert worker runs in a round
TRIES = 3  # at such a round

NBCONVERT = "jupyter nbconvert --execute"
BATCH = "python -m grader batch"
STEADY = "  without its start"
TIMES = 10.0  # what Gradient Clinic promises of two workers


def hand_in(folder: Path, count: int) -> Path:
    """A class's submissions: no two files are the same."""
    text = NOTEBOOK.read_text("utf-8")
    for number in range(count):
        own = folder / f"student{number:04}" / f"{BENCHMARK}.ipynb"
        own.parent.mkdir(parents=True)
        own.write_text(text.replace("# The benchmark notebook", f"# Notebook {number}"), "utf-8")
    return folder


def plain(submissions: Path, jobs: int) -> Mapping[str, float]:
    """Notebooks a minute through nbconvert. Two that start at once may choose the same ports, and then one of them
    gives up after a minute: such a round is run again."""
    for _ in range(TRIES - 1):
        with suppress(RuntimeError):
            return plain_round(submissions, jobs)
    return plain_round(submissions, jobs)


def plain_round(submissions: Path, jobs: int) -> Mapping[str, float]:
    notebooks = sorted(submissions.glob("*/*.ipynb"))[: EACH * jobs]
    with TemporaryDirectory() as output, ThreadPoolExecutor(jobs) as pool:
        commands = [nbconvert(notebook, Path(output) / notebook.parent.name) for notebook in notebooks]
        begun = time.perf_counter()
        list(pool.map(lambda command: command_seconds(command, submissions), commands))
        return {NBCONVERT: 60 * len(notebooks) / (time.perf_counter() - begun)}


def batches(folder: Path, many: Path, few: Path, count: int, jobs: int) -> Mapping[str, float]:
    """Notebooks a minute through the whole batch; and without its start, which one notebook for each worker shows."""
    start, whole = batch(folder, few, jobs), batch(folder, many, jobs)
    return {BATCH: 60 * count / whole, STEADY: 60 * (count - jobs) / (whole - start)}


def batch(folder: Path, submissions: Path, jobs: int) -> float:
    with TemporaryDirectory() as output:
        command: list[str | Path] = [sys.executable, "-m", "grader", "batch", submissions, "--output", output]
        seconds = command_seconds([*command, "--jobs", str(jobs), "--device", "cpu"], folder)
        with (Path(output) / "gradebook.csv").open(encoding="utf-8") as table:
            verdicts = [row["status"] for row in csv.DictReader(table)]
    if verdicts != ["passed"] * sum(1 for _ in submissions.iterdir()):
        raise RuntimeError(f"Not every notebook passed: {Counter(verdicts)}.")
    return seconds


def main() -> int:
    parser = arguments(__doc__, runs=3)
    parser.add_argument("--notebooks", type=int, default=200, metavar="N", help="submissions in the class")
    parser.add_argument("--jobs", type=int, default=2, metavar="J", help="workers")
    options = parser.parse_args()
    with course() as folder, TemporaryDirectory(prefix="benchmark-") as handed_in:
        many = hand_in(Path(handed_in) / "many", options.notebooks)
        few = hand_in(Path(handed_in) / "few", options.jobs)
        measures = [
            partial(plain, many, options.jobs),
            partial(batches, folder, many, few, options.notebooks, options.jobs),
        ]
        figures = interleaved(measures, options.runs, "a class")
    title = f"{options.notebooks} notebooks, {options.jobs} at a time"
    target = Target("a class beside nbconvert", ratio(figures, BATCH, NBCONVERT), TIMES, at_least=True)
    return show("throughput", [Part(title, figures, NBCONVERT, "a minute", (target,))], [], options.json)


if __name__ == "__main__":
    sys.exit(main())
