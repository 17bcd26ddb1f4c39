"""The terminal's other screen: rows are drawn over the whole of it, and what was there before comes back at the end.

The hard part is that it must come back on every way out, Ctrl-Z included, and that nobody but the job in the foreground
may draw. So the other screen is entered by drawing and left by `close`, as often as need be.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from rich.console import Console, Group
from rich.text import Text

from grader.report import drawing
from grader.watch.keys import in_foreground

Printing = Callable[[Console], None]


class Window:
    """A console of which the whole screen is ours. Used by one thread."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._drawn: tuple[int, int] | None = None  # the size for which it was drawn; None: it is not shown

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        return self._console.size

    @property
    def can_be_drawn(self) -> bool:
        """Whether the terminal has another screen."""
        return not self._console.is_dumb_terminal and not self._console.legacy_windows

    @property
    def is_stale(self) -> bool:
        """Whether it has to be drawn although nothing has happened: the window has another size, or we are back."""
        return self._drawn != self.size

    def capture(self, printing: Printing) -> list[Text]:
        """The rows that something prints."""
        with self._console.capture() as captured:
            printing(self._console)
        return [Text.from_ansi(line, no_wrap=True) for line in captured.get().split("\n")[:-1]]

    def compose(self, compose: drawing.Compose) -> list[Text]:
        """The rows that something is composed of, as `grader.report.drawing` does it."""
        return self.capture(lambda console: drawing.show(compose, console))

    def draw(self, rows: Sequence[Text]) -> None:
        """Show these rows and nothing else."""
        if not in_foreground():
            return
        if self._drawn is None:
            self._console.set_alt_screen()
            self._console.show_cursor(False)
        self._drawn = self.size
        width, height = self._drawn
        padded = [*rows, *[Text()] * height][:height]
        for row in padded:
            row.truncate(width)
        self._console.update_screen(Group(*padded))

    def close(self) -> None:
        """Bring back what was there before."""
        if self._drawn is not None:
            self._drawn = None
            with suppress(OSError):  # the terminal may be gone
                self._console.show_cursor(True)
                self._console.set_alt_screen(False)

    def leave_behind(self, text: str) -> None:
        """Close, and leave a line on the terminal."""
        if self._drawn is not None:
            self.close()
            with suppress(OSError):
                self._console.print(text, markup=False, soft_wrap=True)

    def suspend(self) -> None:
        """What Ctrl-Z does to a program; returns when the program goes on."""
        self.close()
        ours = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        signal.raise_signal(signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, ours)


@contextmanager
def suspending(suspend: Callable[[], None]) -> Iterator[None]:
    """While the `with` lasts, Ctrl-Z calls `suspend` in place of stopping us at once."""
    if not hasattr(signal, "SIGTSTP"):
        yield
        return
    before = signal.signal(signal.SIGTSTP, lambda *_: suspend())
    try:
        yield
    finally:
        signal.signal(signal.SIGTSTP, before)
