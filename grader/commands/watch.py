"""watch: an exercise is graded again on every save; single keys do the rest.

Saves, keys and verdicts come from threads of their own (`grader.watch`); what they want done is put in one queue, and
the main thread does it, one thing after the other. So nothing is drawn into anything else, and Ctrl-C has one place to
arrive at. In a terminal there is one screen, redrawn after each thing that was done; elsewhere, plain lines.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol

import click

from grader.commands import options
from grader.commands.exits import OK
from grader.course.catalogue import course_folder, find
from grader.course.following import next_exercise
from grader.kernels import KernelSource, Walls, open_source
from grader.model import Device, Exercise
from grader.model.errors import GraderError
from grader.resident.borrowing import borrow

if TYPE_CHECKING:
    from rich.console import Console

    from grader.course.notebook import Notebook
    from grader.watch.regrade import Graded
    from grader.watch.scene import Scene

WAKE = 0.5  # seconds; Windows delivers Ctrl-C only between two waits
ENDING_SECONDS = 0.5  # for the threads to end by themselves; one that waits for TensorFlow's import does not
KERNELLESS_SECONDS = 5.0  # for them once there is no kernel; they are daemons and cannot keep the process alive
ENDS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


@click.command()
@click.argument("exercise", type=options.ExerciseName(), required=False)
@options.device
@options.kernel
@options.sandbox
@options.plain
@options.course
def command(exercise: str | None, device: Device, kernel: str, sandbox: Walls, plain: bool, course: Path | None) -> int:
    """Grade an exercise on every save.

    EXERCISE is a folder, a number or a name: exercises/02, 02, detached. Without it, the first exercise that you have
    not passed is watched. A terminal shows one screen, with the keys that do something now in its last row.
    """
    chosen = find(exercise, course) if exercise else next_exercise(course or course_folder())
    if chosen is None:
        click.echo("You have passed every exercise. Name one to watch it all the same: `python -m grader watch 01`.")
        return OK
    borrow()
    with _orderly_end(), closing(open_source(kernel, sandbox, [chosen.root])) as source:
        from rich.console import Console  # the fork server imports TensorFlow while we import this and the like

        if source.notice:
            click.echo(source.notice)
        _Watch(source, device, Console(highlight=False), plain).run(chosen)
    return OK


class Face(Protocol):
    """What the learner sees of it, or the program that reads us."""

    def begin(self, scene: Scene) -> None:
        """An exercise is watched."""

    def saved(self) -> None:
        """The notebook's code has changed."""

    def doing(self, text: str) -> None:
        """It is being graded."""

    def show(self, scene: Scene, fresh: bool, explained: bool) -> None:
        """There is a verdict, or the reason why there is none. Not `fresh`: it is the last one, now `explained`."""

    def press(self, key: str) -> None:
        """A key was pressed."""

    def refresh(self, happened: bool) -> None:
        """Time has passed, and something may have `happened`."""

    def close(self) -> None:
        """Nothing is watched any more."""


class _Watch:
    """One exercise after the other, until the learner quits."""

    def __init__(self, source: KernelSource, device: Device, console: Console, plain: bool) -> None:
        self._source, self._device, self._console, self._plain = source, device, console, plain
        self._todo: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._face: Face
        self._scene: Scene
        self._next: Exercise | None = None
        self._over = False

    def run(self, exercise: Exercise) -> None:
        from grader.watch.keys import keyboard
        from grader.watch.lines import Lines
        from grader.watch.screen import Screen
        from grader.watch.window import Window, suspending

        window, self._face = Window(self._console), Lines(self._console, self._plain)
        with keyboard(lambda key: self._later(self._face.press, key)) as has_keys:
            if has_keys and window.can_be_drawn and not self._plain:
                self._face = Screen(window, self._go, _has_browser(), self._source.notice)
                with suspending(lambda: self._later(window.suspend)):
                    self._run(exercise)
            else:
                self._run(exercise)

    def _run(self, exercise: Exercise) -> None:
        self._go(exercise)
        try:
            while self._next is not None:
                self._next = None
                self._watch(self._scene.exercise)
        finally:
            self._face.close()

    def _watch(self, exercise: Exercise) -> None:
        """Watch one exercise until the learner goes on to another or quits."""
        from grader.watch.regrade import Regrader
        from grader.watch.saves import Saves

        say, tell = partial(self._later, self._face.doing), partial(self._later, self._graded)
        regrader = Regrader(exercise, self._source, self._device, say, tell)

        def saved(notebook: Notebook) -> None:
            regrader.submit(notebook)
            self._later(self._face.saved)

        saves = Saves(exercise.notebook, saved, partial(self._later, self._refused))
        try:
            self._face.refresh(happened=True)
            while not self._over and self._next is None:
                self._face.refresh(self._do())
            if self._next is not None:
                regrader.close()
        finally:
            if self._next is None:
                self._face.close()
            saves.close()
            if not regrader.close(ENDING_SECONDS):
                self._source.close()
                regrader.close(KERNELLESS_SECONDS)
        self._todo = SimpleQueue()  # what was still to be done was about this exercise

    def _do(self) -> bool:
        """Wait for something to do, do it, and what has come meanwhile; whether there was anything."""
        try:
            self._todo.get(timeout=WAKE)()
        except Empty:
            return False
        with suppress(Empty):
            while not self._over and self._next is None:
                self._todo.get_nowait()()
        return True

    def _later(self, do: Callable[..., None], *arguments: Any) -> None:
        self._todo.put(partial(do, *arguments))

    # --- what happens --------------------------------------------------------------------------------------------

    def _graded(self, graded: Graded) -> None:
        from grader.report.keep import keep
        from grader.watch.scene import judged

        if isinstance(graded.outcome, GraderError):
            if graded.notebook is None:
                raise graded.outcome
            self._refused(graded.outcome)
            return
        assert graded.notebook is not None
        # one save is one attempt
        kept = keep(self._scene.exercise, graded.notebook, graded.outcome, again=not graded.fresh)
        self._scene = judged(self._scene, kept, graded.fresh)
        self._face.show(self._scene, graded.fresh, graded.explained)

    def _refused(self, error: GraderError) -> None:
        from grader.watch.scene import refused

        self._scene = refused(self._scene, error)
        self._face.show(self._scene, fresh=True, explained=True)

    def _go(self, exercise: Exercise | None) -> None:
        """On to an exercise, or to the end."""
        from grader.watch.scene import begin

        self._next, self._over = exercise, exercise is None
        if exercise is not None:
            self._scene = begin(exercise)
            self._face.begin(self._scene)


def _has_browser() -> bool:
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


@contextmanager
def _orderly_end() -> Iterator[None]:
    """The first Ctrl-C, or a signal that means as much, has everything given back; no second one disturbs that."""

    def leave(number: int, _frame: object) -> None:
        for each in ENDS:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)

    before = {each: signal.signal(each, leave) for each in ENDS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
