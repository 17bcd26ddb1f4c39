"""What watch prints: one thing after the other, as any program does, with a last line that shows what is being done.
Nothing is cleared but that line, so that what was read stays where it was, over ssh and in a screen reader too.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.text import Text

from grader import report
from grader.errors import GraderError
from grader.model import Exercise, Notes, Verdict

WIDTH = 80
ERASE = "\r\x1b[K"


class Screen:
    """The terminal, with at most one unfinished line in it. Used by one thread."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._doing = ""

    def doing(self, text: str) -> None:
        """Say what is being done, in place of what was said before; on a terminal only."""
        if self.console.is_terminal and text != self._doing:
            self._write(f"{ERASE}{text} ..." if text else ERASE)
            self._doing = text

    def line(self, text: str = "", style: str = "") -> None:
        doing = self._doing
        self.doing("")
        self.console.print(Text(text, style), highlight=False)
        self.doing(doing)

    def error(self, error: GraderError) -> None:
        self.line(error.message)
        if error.next_step:
            self.line(error.next_step)

    def watching(self, exercise: Exercise) -> None:
        self.line(f"\nWatching {exercise.id} until Ctrl-C.")
        self.line(f"Repair {_short(exercise)} and save it.")

    def rule(self) -> None:
        """A line with the time: one verdict looks like another."""
        self.doing("")
        self.line()
        self.line(f"-- {time.strftime('%H:%M:%S')} ".ljust(min(self.console.width, WIDTH), "-"), "dim")

    def verdict(self, verdict: Verdict, notes: Notes, brief: bool) -> None:
        self.doing("")
        report.show(verdict, notes, self.console, brief)
        self.line()

    def keys(self, names: Iterable[tuple[str, str]]) -> None:
        """The keys that can be pressed now, in one line."""
        self.line("  ".join(f"{key} {name}" for key, name in names), "dim")

    def _write(self, text: str) -> None:
        self.console.file.write(text)
        self.console.file.flush()


def _short(exercise: Exercise) -> str:
    path = exercise.notebook
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
