"""Shows how a batch gets on: a live bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.console import Console

LINE_EVERY = 10.0  # seconds between two lines in a log
TOO_FEW = 3  # gradings tell nothing about the pace: the first ones start kernels and compute the references
COLOURS = {"passed": "green", "failed": "yellow", "ungradable": "magenta", "error": "bold red"}


class BatchDisplay:
    """How far the batch is, when it will end, how it looks so far, and what takes longest just now."""

    def __init__(self, total: int, console: Console) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
        from rich.progress import Progress as Bar

        self._console = console
        self._total = total
        self._counts: Counter[str] = Counter()
        self._first = self._said = (
            time.monotonic()
        )  # when the first was finished: by then kernels and references are warm
        self._bar = Bar(
            TextColumn("grading"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[left]}"),
            TextColumn("{task.fields[end]}"),
            TextColumn("{task.fields[counts]}"),
            TextColumn("{task.fields[slowest]}", style="dim", markup=False),  # it holds a student's own name
            console=console,
            disable=not console.is_terminal or not total,
            transient=True,
        )
        self._task = self._bar.add_task("", total=total, counts="", slowest="", end="", left="left")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def finished(self, status: str) -> None:
        self._counts[status] += 1
        if self._counts.total() == 1:
            self._first = time.monotonic()
        counts = " ".join(
            f"[{COLOURS.get(name, 'cyan')}]{count} {name}[/]" for name, count in self._counts.most_common()
        )
        self._bar.update(self._task, advance=1, counts=counts, end=self._end())
        if not self._console.is_terminal:
            self._line()

    def look(self, running: Iterable[tuple[str, float]]) -> None:
        label, seconds = max(running, key=lambda item: item[1], default=("", 0.0))
        self._bar.update(self._task, slowest=f"now: {label}, {seconds:.0f} s" if seconds >= 1 else "")

    def _line(self) -> None:
        now = time.monotonic()
        finished = self._counts.total()
        if now - self._said < LINE_EVERY and finished < self._total:
            return
        self._said = now
        counts = ", ".join(f"{count} {name}" for name, count in self._counts.most_common())
        end = f", {self._end()}" if self._end() else ""
        self._console.print(f"{finished} of {self._total}: {counts}{end}", highlight=False)

    def _end(self) -> str:
        """How long it will take, as far as that can be told: by the pace since the first was finished."""
        finished = self._counts.total()
        left = self._total - finished
        if finished <= TOO_FEW or not left:
            return ""
        return f"about {_duration((time.monotonic() - self._first) / (finished - 1) * left)} left"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
