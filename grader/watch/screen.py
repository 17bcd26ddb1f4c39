"""The one screen of watch, and what the keys do on it: the exercise's title on top, a view in the middle, at the bottom
what is being done or asked, and the keys that do something now.

What does not fit is cut from the view, never from the top or the bottom. A question is open until any key, or a save.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from grader.course.catalogue import exercises
from grader.course.hints import climb
from grader.course.restoring import has_changed, restore
from grader.model import Exercise
from grader.model.errors import GraderError
from grader.report.drawing import Drawing, Signs
from grader.report.rung import show_rung
from grader.watch import views
from grader.watch.keys import DOWN, ENTER, ESCAPE, PAGE_DOWN, PAGE_UP, UP
from grader.watch.scene import Scene, summary
from grader.watch.window import Window
from grader.words import from_here, plural

HINT, LIST = "h", "l"
LOW = 12  # rows; a window with fewer shows a shorter head
View = Callable[[Scene, Console], None]
Go = Callable[[Exercise | None], None]  # on to an exercise, or with None to the end

MEANINGS = {
    "h": "the next hint for the check that fails now",
    "m": "more: every check, one line each",
    "w": "the whole verdict, as `grade` prints it",
    "n": "on to the next exercise that you have not passed",
    "l": "the exercises, how far you are, and any of them to go on to",
    "r": "the report, in a browser where there is one",
    "x": "the broken notebook as it was; your version is kept beside it",
    "q": "quit (Ctrl-C too)",
    "↑ ↓": "scroll; page up and page down too",
    "Esc": "back to the verdict; so does a save",
}


class Screen:
    """What is shown of a scene, until the learner goes on to another exercise. Used by one thread."""

    def __init__(self, window: Window, go: Go, has_browser: bool, notice: str) -> None:
        self._window, self._go, self._has_browser, self._notice = window, go, has_browser, notice
        self._scene: Scene
        self._doing = self._question = ""
        self._view: View = views.verdict
        self._opened = ""  # the key that opened the view; none for the verdict
        self._last_hint = False  # the hint that is shown is the last one
        self._offset = self._most = 0  # rows of the view above the window, and how many there can be
        self._chosen = 0  # of the list of exercises

    # --- what happens --------------------------------------------------------------------------------------------

    def begin(self, scene: Scene) -> None:
        self._scene, self._doing = scene, "starting"
        self._back()

    def show(self, scene: Scene, fresh: bool, explained: bool) -> None:
        """A new verdict takes the place of any view; one that is only explained leaves it open."""
        self._scene, self._doing = scene, "" if explained else "looking for the cause"
        if fresh:
            self._back()
            self._notice = (scene.kept.notes.problem if scene.kept else "") or self._notice

    def doing(self, text: str) -> None:
        self._doing = text

    def saved(self) -> None:
        self._question, self._doing = "", "grading"

    def refresh(self, happened: bool) -> None:
        if happened or self._window.is_stale:
            self._draw()

    def close(self) -> None:
        self._window.leave_behind(summary(self._scene))

    # --- the picture ---------------------------------------------------------------------------------------------

    def _draw(self) -> None:
        height = self._window.size[1]
        gap = [] if height < LOW else [Text()]
        head = self._window.compose(partial(views.head, self._scene))
        top = [*head, *gap] if gap else head[:1]
        state = [*gap, *self._window.compose(self._state)]
        room = max(1, height - len(top) - len(state) - 1)
        body = self._window.capture(partial(self._view, self._scene))
        self._most = max(0, len(body) - room)
        if self._opened == LIST:
            self._offset = max(0, self._chosen + 2 - room)  # the last row may say how many more there are
        self._offset = min(self._offset, self._most)
        shown = body[self._offset : self._offset + room]
        if self._offset < self._most:
            shown[-1:] = self._window.compose(partial(self._hidden, len(body) - self._offset - room + 1))
        shown += [Text()] * (room - len(shown))
        self._window.draw([*top, *shown, *state, *self._window.compose(self._row_of_keys)])

    def _hidden(self, below: int, _width: int, _signs: Signs) -> Iterator[Text]:
        above = f", {self._offset} above" if self._offset else ""
        yield Text(f"   … {plural(below, 'more line')}{above}", "dim")

    def _state(self, width: int, signs: Signs) -> Iterator[Text]:
        """What is asked; or what has come of a key, and what is being done or was done last."""
        page = Drawing((), width, signs)
        if self._question:
            yield from page.indented(self._question, 0, style="bold yellow")
            return
        yield from page.indented(self._notice, 0, style="yellow")
        graded = "" if self._scene.refusal else f"Graded at {self._scene.clock}. "
        if self._doing:
            yield from page.indented(f"{self._doing[0].upper()}{self._doing[1:]} …", 0, style="cyan")
        else:
            yield from page.indented(f"{graded}Every save is graded.", 0, style="dim")

    def _row_of_keys(self, width: int, _signs: Signs) -> Iterator[Text]:
        """As many as there is room for."""
        row = Text()
        for key, name in self._keys():
            item = Text("  " if row else "").append(key, "bold").append(f" {name}")
            if row.cell_len + item.cell_len > width:
                break
            row.append(item)
        yield row

    def _keys(self) -> Iterator[tuple[str, str]]:
        """The keys that do something now, the most useful ones first."""
        if self._question:
            yield from (("y", "yes"), ("Esc", "cancel"))
            return
        if self._opened == LIST:
            yield from (("↑ ↓", "choose"), ("Enter", "go on to it"))
        elif self._most:
            yield "↑ ↓", "scroll"
        if self._opened:
            yield "Esc", "back"
        names = {HINT: "next hint" if self._opened == HINT else "hint", "m": "more", "w": "whole"}
        if not self._opened:
            names |= {"n": "next", LIST: "list", "r": "report", "x": "reset"}
        elif self._opened != HINT:
            names.pop(self._opened, None)
        actions = self._actions()
        yield from ((key, name) for key, name in names.items() if key in actions)
        yield "q", "quit"
        if not self._opened:
            yield "?", "keys"

    # --- keys ----------------------------------------------------------------------------------------------------

    def press(self, key: str) -> None:
        self._notice = ""
        if key == "\x03":  # where Ctrl-C comes as a key
            raise KeyboardInterrupt
        if self._question:
            self._question = ""
            if key.lower() == "y":
                self._reset()
            return
        action = self._actions().get(key if len(key) > 1 else key.lower())
        if action:
            try:
                action()
            except GraderError as error:
                self._notice = f"{error.message} {error.next_step}"
            except OSError as error:  # a full disk, a folder that is read-only
                self._notice = f"That did not work: {error}."

    def _actions(self) -> dict[str, Callable[[], None]]:
        """What each key does now."""
        page = max(1, self._window.size[1] - LOW // 2)
        actions: dict[str, Callable[[], None]] = {
            "q": partial(self._go, None),
            LIST: self._list,
            "?": partial(self._open, "?", lambda _scene, console: views.meanings(MEANINGS, console)),
            ESCAPE: self._back,
            UP: partial(self._scroll, -1),
            DOWN: partial(self._scroll, 1),
            PAGE_UP: partial(self._scroll, -page),
            PAGE_DOWN: partial(self._scroll, page),
        }
        if self._opened == LIST:
            actions[ENTER] = self._go_to_chosen
        if self._scene.fails:
            if self._opened != HINT or not self._last_hint:
                actions[HINT] = self._hint
            actions["m"] = partial(self._open, "m", views.sheet)
        if self._scene.verdict:
            actions["w"] = partial(self._open, "w", views.whole)
            if self._scene.kept and self._scene.kept.notes.report:
                actions["r"] = partial(self._report, self._scene.kept.notes.report)
        if self._scene.following:
            actions["n"] = partial(self._go, self._scene.following)
        if has_changed(self._scene.exercise):
            actions["x"] = self._ask_to_reset
        return actions

    def _open(self, key: str, view: View) -> None:
        """Show a view; but for a hint, its own key closes it again."""
        if key == self._opened != HINT:
            self._back()
        else:
            self._view, self._opened, self._offset = view, key, 0

    def _back(self) -> None:
        self._view, self._opened, self._offset, self._question = views.verdict, "", 0, ""

    def _scroll(self, rows: int) -> None:
        if self._opened == LIST:
            self._chosen = min(max(0, self._chosen + rows), len(exercises(self._scene.exercise.course)) - 1)
        else:
            self._offset = min(max(0, self._offset + rows), self._most)

    def _hint(self) -> None:
        rung = climb(self._scene.exercise)
        if rung is not None:
            self._open(HINT, lambda scene, console: show_rung(scene.exercise, rung, console, titled=False))
            self._last_hint = rung.number >= rung.total

    def _list(self) -> None:
        ids = [exercise.id for exercise in exercises(self._scene.exercise.course)]
        self._chosen = ids.index(self._scene.exercise.id) if self._scene.exercise.id in ids else 0
        self._open(LIST, lambda scene, console: views.course(scene, console, self._chosen))

    def _go_to_chosen(self) -> None:
        chosen = exercises(self._scene.exercise.course)[self._chosen]
        if chosen.id == self._scene.exercise.id:
            self._back()
        else:
            self._go(chosen)

    def _report(self, path: Path) -> None:
        self._notice = f"Report: {from_here(path)}"
        if self._has_browser:
            click.launch(path.as_uri())

    def _ask_to_reset(self) -> None:
        self._question = "Bring the broken notebook back? Your version is kept beside it."

    def _reset(self) -> None:
        kept = restore(self._scene.exercise)
        self._notice = "The notebook has been reset." + (f" Your version is in {from_here(kept)}." if kept else "")
