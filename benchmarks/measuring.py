"""What the benchmarks share: interleaved rounds in, medians and ratios out, as a table or as JSON.

A machine is never quiet for as long as a benchmark takes. So each round measures everything once, one after the other,
and a ratio is the median of the rounds' own ratios: what slows a whole round down leaves it as it is.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import sysconfig
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

JUPYTER = Path(sysconfig.get_path("scripts")) / "jupyter"
PATIENCE = 1800.0  # seconds; what hangs is no measurement
Measure = Callable[[], Mapping[str, float]]  # one or several figures, by their rows' names
Figures = dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure must be, at least or at most."""

    what: str
    value: float
    limit: float
    unit: str = "times"
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def __str__(self) -> str:
        sign = "at least" if self.at_least else "at most"
        return f"{self.what}: {self.value:.2f} {self.unit}, wanted {sign} {self.limit:g}"


@dataclass(frozen=True, slots=True)
class Part:
    """Figures that belong together, each compared with the row `beside`."""

    title: str
    figures: Figures
    beside: str
    unit: str
    targets: tuple[Target, ...] = ()


def arguments(description: str | None, runs: int) -> argparse.ArgumentParser:
    """The options that every benchmark has."""
    parser = argparse.ArgumentParser(description=(description or "").split("\n")[0])
    parser.add_argument("--runs", type=int, default=runs, metavar="N", help=f"rounds, {runs} unless told otherwise")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    return parser


def interleaved(measures: Sequence[Measure], runs: int, title: str = "") -> Figures:
    """Every measure once a round."""
    figures: Figures = defaultdict(list)
    console = Console(stderr=True)
    with console.status("") as status:
        for number in range(1, runs + 1):
            status.update(f"{title} round {number} of {runs} …")
            for measure in measures:
                for name, value in measure().items():
                    figures[name].append(value)
    return dict(figures)


def ratio(figures: Figures, name: str, to: str) -> float:
    """How many times `to` is `name`: the median of the rounds."""
    return median(a / b for a, b in zip(figures[name], figures[to], strict=True))


def difference(figures: Figures, name: str, other: str) -> float:
    return median(a - b for a, b in zip(figures[name], figures[other], strict=True))


def command_seconds(command: Sequence[str | Path], folder: Path, codes: Sequence[int] = (0,)) -> float:
    """Wall time of a command from a cold shell, its environment activated. Raises where it ends with any other code."""
    path = f"{Path(command[0]).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    begun = time.perf_counter()
    ended = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=os.environ | {"PATH": path},
        timeout=PATIENCE,
        capture_output=True,
        text=True,
    )
    seconds = time.perf_counter() - begun
    if ended.returncode not in codes:
        raise RuntimeError(f"{command} ended with {ended.returncode}:\n{ended.stdout[-2000:]}{ended.stderr[-2000:]}")
    return seconds


def nbconvert(notebook: Path, output: Path) -> list[str | Path]:
    """What people run without us."""
    return [JUPYTER, "nbconvert", "--to", "notebook", "--execute", "--output-dir", output, notebook]


def machine() -> dict[str, str | int]:
    names = ("tensorflow", "nbconvert", "gradient-clinic")
    return {
        "system": platform.platform(),
        "processors": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        "python": platform.python_version(),
        **{name: version(name) for name in names},
    }


def show(benchmark: str, parts: Sequence[Part], notes: Sequence[str], as_json: bool) -> int:
    """Print what was measured; the exit code says whether every target was met."""
    if as_json:
        print(json.dumps(_document(benchmark, parts, notes), indent=1))
    else:
        _print(benchmark, parts, notes)
    return 0 if all(target.met for part in parts for target in part.targets) else 1


def _document(benchmark: str, parts: Sequence[Part], notes: Sequence[str]) -> dict[str, object]:
    return {
        "format_version": 1,
        "benchmark": benchmark,
        "machine": machine(),
        "notes": list(notes),
        "parts": [
            {
                "title": part.title,
                "unit": part.unit,
                "rows": [
                    {
                        "name": name,
                        "median": median(values),
                        "ratio": ratio(part.figures, name, part.beside),
                        "runs": values,
                    }
                    for name, values in part.figures.items()
                ],
                "beside": part.beside,
                "targets": [asdict(target) | {"met": target.met} for target in part.targets],
            }
            for part in parts
        ],
    }


def _print(benchmark: str, parts: Sequence[Part], notes: Sequence[str]) -> None:
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 110)
    about = machine()
    console.print(f"[bold]{benchmark}[/bold]: {', '.join(f'{name} {value}' for name, value in about.items())}")
    for part in parts:
        table = Table(title=part.title, title_justify="left", title_style="bold", min_width=80)
        table.add_column("")
        for column in (f"median, {part.unit}", "lowest", "highest", f"of {part.beside}"):
            table.add_column(column, justify="right", overflow="fold")
        for name, values in part.figures.items():
            row = (median(values), min(values), max(values), ratio(part.figures, name, part.beside))
            table.add_row(name, *(f"{value:.3f}" if value < 10 else f"{value:.1f}" for value in row))
        console.print(table)
        for target in part.targets:
            console.print(f" {'[green]✓ met   [/green]' if target.met else '[red]✗ missed[/red]'} {target}")
    for note in notes:
        console.print(note, style="dim")
