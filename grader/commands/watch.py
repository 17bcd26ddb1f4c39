"""watch: an exercise is graded again on every save; single keys do the rest.

Saves, keys and verdicts come from threads of their own (`grader.watch`); what they want done is put in one queue, and
the main thread does it, one thing after the other. So nothing is printed into anything else, and Ctrl-C has one place
to arrive at.
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
from typing import TYPE_CHECKING, Any

import click

from grader.commands import hint, list_, options, reset
from grader.commands import report as report_command
from grader.commands.exits import OK
from grader.course.catalogue import course_folder, exercises, find
from grader.course.following import next_exercise
from grader.course.progress import Progress
from grader.errors import GraderError
from grader.kernels import KernelSource, Walls, open_source
from grader.model import Device, Exercise, Status

if TYPE_CHECKING:
    from grader.watch.regrade import Graded
    from grader.watch.screen import Screen

KEYS = {"h": "hint", "l": "list", "r": "report", "x": "reset", "n": "next", "q": "quit", "?": "keys"}
MEANINGS = {
    "h": "the next hint for the check that fails now",
    "l": "the exercises and how far you are",
    "r": "the last report, in a browser where there is one",
    "x": "the broken notebook as it was; your copy is kept beside it",
    "n": "on to the next exercise that you have not passed",
    "q": "quit (Ctrl-C too)",
    "?": "this list",
}
WAKE = 0.5  # seconds; Windows delivers Ctrl-C only between two waits
ENDING_SECONDS = 0.5  # for the threads to end by themselves; one that waits for TensorFlow's import does not
KERNELLESS_SECONDS = 5.0  # for them once there is no kernel; they are daemons and cannot keep the process alive
ENDS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


@click.command()
@click.argument("exercise", type=options.ExerciseName(), required=False)
@options.device
@options.kernel
@options.sandbox
@options.course
def command(exercise: str | None, device: Device, kernel: str, sandbox: Walls, course: Path | None) -> int:
    """Grade an exercise on every save.

    EXERCISE is a folder, a number or a name: exercises/02, 02, detached. Without it, the first exercise that you have
    not passed is watched. In a terminal, single keys show a hint, the list or the report, or the next exercise.
    """
    chosen = find(exercise, course) if exercise else next_exercise(course or course_folder())
    if chosen is None:
        click.echo("You have passed every exercise. Name one to watch it all the same: `python -m grader watch 01`.")
        return OK
    with _orderly_end(), closing(open_source(kernel, sandbox, [chosen.root])) as source:
        from rich.console import Console

        from grader.watch.screen import Screen  # the fork server imports TensorFlow while we import this

        screen = Screen(Console(highlight=False))
        if source.notice:
            screen.line(source.notice)
        _Watch(source, device, screen).run(chosen)
    return OK


class _Watch:
    """One exercise after the other, until the learner quits."""

    def __init__(self, source: KernelSource, device: Device, screen: Screen) -> None:
        self._source, self._device, self._screen = source, device, screen
        self._todo: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._context = click.get_current_context()
        self._exercise: Exercise
        self._next: Exercise | None = None
        self._over = False
        self._has_keys = False
        self._confirming = False
        self._actions: dict[str, Callable[[], None]] = {
            "h": partial(self._invoke, hint.command),
            "l": self._list,
            "r": partial(self._invoke, report_command.command, only_print=not _has_browser()),
            "x": self._ask_to_reset,
            "n": self._go_on,
            "q": self._quit,
            "?": self._explain,
        }

    def run(self, exercise: Exercise) -> None:
        from grader.watch.keys import keyboard

        self._next = exercise
        with keyboard(lambda key: self._later(self._press, key)) as self._has_keys:
            while self._next is not None:
                self._exercise, self._next = self._next, None
                self._watch()

    def _watch(self) -> None:
        """Watch one exercise until the learner goes on to another or quits."""
        from grader.watch.regrade import Regrader
        from grader.watch.saves import Saves

        self._screen.watching(self._exercise)
        self._screen.doing("starting")
        say, tell = partial(self._later, self._screen.doing), partial(self._later, self._graded)
        regrader = Regrader(self._exercise, self._source, self._device, say, tell)
        saves = Saves(self._exercise.notebook, regrader.submit, partial(self._later, self._complain))
        try:
            while not self._over and self._next is None:
                with suppress(Empty):
                    self._todo.get(timeout=WAKE)()
            if self._next is not None:
                self._screen.doing("")
                regrader.close()
        finally:
            self._screen.doing("")
            saves.close()
            if not regrader.close(ENDING_SECONDS):
                self._source.close()
                regrader.close(KERNELLESS_SECONDS)
        self._todo = SimpleQueue()  # what was still to be done was about this exercise

    def _later(self, do: Callable[..., None], *arguments: Any) -> None:
        self._todo.put(partial(do, *arguments))

    # --- what happens --------------------------------------------------------------------------------------------

    def _graded(self, graded: Graded) -> None:
        from grader.report.keep import keep

        outcome = graded.outcome
        if isinstance(outcome, GraderError):
            if graded.notebook is None:
                raise outcome
            self._complain(outcome)
            return
        assert graded.notebook is not None
        if graded.fresh:
            self._screen.rule()
        kept = keep(self._exercise, graded.notebook, outcome, again=not graded.fresh)  # one save is one attempt
        self._screen.verdict(kept.verdict, kept.notes, brief=not graded.explained)
        if kept.notes.problem:
            self._screen.line(kept.notes.problem)
        if outcome.status == Status.PASSED:
            self._celebrate()
        if graded.explained:
            self._offer_keys()

    def _celebrate(self) -> None:
        course = self._exercise.course
        progress, all_of_them = Progress(course), exercises(course)
        passed = sum(progress.standing(exercise).passed for exercise in all_of_them)
        self._screen.line(f"Well done. {passed} of {len(all_of_them)} exercises passed.", "green")
        following = next_exercise(course, self._exercise)
        if following is None:
            self._screen.line("That was the last exercise. For code of your own: `python -m grader doctor FILE`.")
        elif self._has_keys:
            self._screen.line(f"Press n to go on to {following.id}, or stay: every save is still graded.")
        else:
            self._screen.line(f"Next: `python -m grader watch {following.id}`. Every save here is still graded.")

    def _complain(self, error: GraderError) -> None:
        self._screen.doing("")
        self._screen.error(error)
        self._offer_keys()

    def _offer_keys(self) -> None:
        if self._has_keys:
            self._screen.keys(KEYS.items())

    # --- keys ----------------------------------------------------------------------------------------------------

    def _press(self, key: str) -> None:
        if key == "\x03":  # where Ctrl-C comes as a key
            raise KeyboardInterrupt
        if self._confirming:
            self._confirming = False
            if key.lower() == "y":
                self._invoke(reset.command)
            else:
                self._screen.line("Nothing was changed.")
        elif action := self._actions.get(key.lower()):
            action()

    def _invoke(self, other: click.Command, **arguments: Any) -> None:
        """What another command does, for this exercise."""
        self._screen.line()
        try:
            self._context.invoke(other, exercise=str(self._exercise.folder), course=None, **arguments)
        except GraderError as error:
            self._screen.error(error)
        self._offer_keys()

    def _list(self) -> None:
        self._screen.line()
        self._context.invoke(list_.command, course=self._exercise.course)
        self._offer_keys()

    def _ask_to_reset(self) -> None:
        self._confirming = True
        self._screen.line("\nBring the broken notebook back? Your copy is kept beside it. Press y, or any other key.")

    def _go_on(self) -> None:
        self._next = next_exercise(self._exercise.course, self._exercise)
        if self._next is None:
            self._screen.line("\nThere is no other exercise that you have not passed.")

    def _quit(self) -> None:
        self._over = True

    def _explain(self) -> None:
        self._screen.line("\n" + "\n".join(f" {key}  {MEANINGS[key]}" for key in KEYS))


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
