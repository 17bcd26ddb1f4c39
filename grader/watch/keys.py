"""Reads single keys from the terminal, without waiting for Enter, and leaves it as it was, whatever happens. A key is
its character, or one of NAMED.

Where stdin and stdout are no terminal, or we run in its background, there are no keys. The hard part is that the
terminal's mode outlives us: it is put back on every way out, and taken again after Ctrl-Z and `fg`.
"""

from __future__ import annotations

import os
import re
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

POLL = 0.05  # seconds between two looks at the keyboard where it can't be waited for (Windows)
REST = 0.05  # seconds for the rest of a key that comes as several characters, of which the first is Esc itself
ENTER, ESCAPE, UP, DOWN, PAGE_UP, PAGE_DOWN = "enter", "escape", "up", "down", "page up", "page down"
_UNIX = {"\x1b[A": UP, "\x1b[B": DOWN, "\x1bOA": UP, "\x1bOB": DOWN, "\x1b[5~": PAGE_UP, "\x1b[6~": PAGE_DOWN}
_WINDOWS = {"\xe0H": UP, "\xe0P": DOWN, "\xe0I": PAGE_UP, "\xe0Q": PAGE_DOWN}
NAMED = {"\r": ENTER, "\n": ENTER, " ": PAGE_DOWN, "\x1b": ESCAPE} | _UNIX | _WINDOWS
_KEYS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1bO.|.", re.DOTALL)


@contextmanager
def keyboard(pressed: Callable[[str], None]) -> Iterator[bool]:
    """Call `pressed` with every key, from a thread of its own, while the `with` lasts; whether there is a keyboard."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        yield False
    elif sys.platform == "win32":
        with _windows(pressed):
            yield True
    elif not in_foreground():
        yield False
    else:
        with _unbuffered(sys.stdin.fileno()), _reader(sys.stdin.fileno(), pressed):
            yield True


if sys.platform != "win32":
    import termios
    import tty

    def in_foreground() -> bool:
        """Whether the terminal is ours to read from and to draw on."""
        try:
            return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
        except OSError:  # a terminal, but not the one that controls us: there is no background
            return True

    @contextmanager
    def _unbuffered(terminal: int) -> Iterator[None]:
        """The terminal hands over each key at once and does not print it; Ctrl-C and Ctrl-Z work as always."""
        before = termios.tcgetattr(terminal)

        def take(*_signal: object) -> None:
            if in_foreground():
                tty.setcbreak(terminal, termios.TCSADRAIN)

        continued = signal.signal(signal.SIGCONT, take)
        stopped = signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # else putting it back from the background stops us
        try:
            take()
            yield
        finally:
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)
            signal.signal(signal.SIGCONT, continued)
            signal.signal(signal.SIGTTOU, stopped)

    @contextmanager
    def _reader(terminal: int, pressed: Callable[[str], None]) -> Iterator[None]:
        wake, waker = os.pipe()

        def read() -> None:
            while wake not in select.select([terminal, wake], [], [])[0]:
                try:
                    typed = os.read(terminal, 64)
                    if typed == b"\x1b" and select.select([terminal], [], [], REST)[0]:
                        typed += os.read(terminal, 64)
                except OSError:  # the terminal went away
                    return
                if not typed:
                    return
                for key in _KEYS.findall(typed.decode(errors="ignore")):
                    pressed(NAMED.get(key, key))

        thread = threading.Thread(target=read, name="keys", daemon=True)
        thread.start()
        try:
            yield
        finally:
            os.close(waker)
            thread.join()
            os.close(wake)

else:
    import msvcrt

    def in_foreground() -> bool:
        return True

    @contextmanager
    def _windows(pressed: Callable[[str], None]) -> Iterator[None]:
        ended = threading.Event()

        def read() -> None:
            while not ended.wait(POLL):
                while msvcrt.kbhit():
                    key = msvcrt.getwch()
                    if key in "\x00\xe0":  # an arrow or another key that is not a letter: its code follows
                        key = "\xe0" + msvcrt.getwch()
                    pressed(NAMED.get(key, key))

        thread = threading.Thread(target=read, name="keys", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
