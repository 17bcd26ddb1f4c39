"""What the benchmarks grade: a private copy of the course, with the fixed benchmark notebook as its exercise 00."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
NOTEBOOK = HERE / "notebook.ipynb"
BENCHMARK = "00_benchmark"


@contextmanager
def course() -> Iterator[Path]:
    """The folder of a course that is gone afterwards, and with it the progress and reports of its gradings.

    Exercises are as shipped. The benchmark's notebook is its own solution, so that every check runs and passes.
    """
    with TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        for shipped in sorted((HERE.parent / "exercises").glob("*/exercise.toml")):
            own = folder / "exercises" / shipped.parent.name
            shutil.copytree(shipped.parent, own, ignore=shutil.ignore_patterns("__pycache__"))
            shutil.copy(own / ".original.ipynb", own / "notebook.ipynb")
        shutil.copytree(HERE.parent / "solutions", folder / "solutions")
        own = folder / "exercises" / BENCHMARK
        shutil.copytree(HERE / "exercise", own, ignore=shutil.ignore_patterns("__pycache__"))
        for copy in (own / "notebook.ipynb", own / ".original.ipynb", folder / "solutions" / f"{BENCHMARK}.ipynb"):
            shutil.copy(NOTEBOOK, copy)
        yield folder
