"""What watch prints where there is no terminal to draw on, and for screen readers: one verdict after the other, as any
program does, and after each verdict one line that sums it up, last."""

from __future__ import annotations

from rich.console import Console

from grader import report
from grader.watch.scene import Scene, heading, summary
from grader.words import from_here


class Lines:
    """Prints what happens, in order. Used by one thread."""

    def __init__(self, console: Console, plain: bool) -> None:
        self._console, self._plain = console, plain

    def begin(self, scene: Scene) -> None:
        self._print(f"Watching {heading(scene.exercise)} until Ctrl-C.")
        self._print(f"Repair {from_here(scene.exercise.notebook)} and save it.")

    def show(self, scene: Scene, fresh: bool, explained: bool) -> None:  # noqa: ARG002
        """A verdict that will be told again with the doctor's findings is told only then."""
        if not explained:
            return
        self._print("")
        if scene.refusal:
            self._print(scene.refusal.message)
            self._print(scene.refusal.next_step)
        elif scene.kept:
            report.show(scene.kept.verdict, scene.kept.notes, self._console, plain=self._plain)
            self._print(scene.kept.notes.problem)
        self._print(summary(scene))

    def _print(self, text: str) -> None:
        self._console.print(text, markup=False, soft_wrap=True)

    def saved(self) -> None:
        """Is told by its verdict."""

    def doing(self, text: str) -> None:
        """Is of no use later."""

    def press(self, key: str) -> None:
        """There are no keys."""

    def refresh(self, happened: bool) -> None:
        """What was printed stays."""

    def close(self) -> None:
        """The last line says it all."""
