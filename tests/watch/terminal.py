"""watch in a terminal of its own: what a person sees on it, row by row."""

from __future__ import annotations

import os
import signal
import sys
import termios
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
import pytest

from ..conftest import left_of

pytest.importorskip("pexpect", reason="there are no pseudo-terminals here")
import pexpect
import pyte

WATCH = (sys.executable, "-m", "grader", "watch", "--device", "cpu")
SOON, NEVER = 60.0, 1.5  # seconds to wait for what must come, and for what must not
OTHER_SCREEN, BACK = "\x1b[?1049h", "\x1b[?1049l"


class Terminal:
    def __init__(
        self, course: Path, rows: int = 24, columns: int = 80, command: Sequence[str] = WATCH, **environment: str
    ) -> None:
        env = {**os.environ, "TERM": "xterm-256color", **environment}
        for name in ("DISPLAY", "COLUMNS", "LINES"):
            env.pop(name, None)
        self.process = pexpect.spawn(
            command[0], [*command[1:]], cwd=str(course), env=env, encoding="utf-8", dimensions=(rows, columns)
        )
        self.modes = termios.tcgetattr(self.process.child_fd)
        self.screen = pyte.Screen(columns, rows)
        self.written = ""
        self._stream = pyte.Stream(self.screen)

    @property
    def rows(self) -> list[str]:
        return [row.rstrip() for row in self.screen.display]

    @property
    def text(self) -> str:
        return "\n".join(self.rows)

    def read(self, seconds: float = 0.1) -> bool:
        """Take in what is written until nothing is for a while; whether there can be more."""
        try:
            while True:
                text = self.process.read_nonblocking(65536, timeout=seconds)
                self.written += text
                self._stream.feed(text)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False

    def until(self, *texts: str) -> None:
        """Wait for a screen with all of these."""
        end = time.monotonic() + SOON
        while not all(text in self.text for text in texts):
            assert self.read() and time.monotonic() < end, f"waited in vain for {texts} on\n{self.text}"

    def until_written(self, since: int, *texts: str) -> None:
        """Wait for one of these, which may be on the screen for a moment only."""
        end = time.monotonic() + SOON
        while not any(text in self.written[since:] for text in texts):
            assert self.read() and time.monotonic() < end, f"waited in vain for any of {texts} on\n{self.text}"

    def never(self, *texts: str) -> bool:
        """Whether none of these comes."""
        since, end = len(self.written), time.monotonic() + NEVER
        while time.monotonic() < end:
            self.read()
        return not any(text in self.written[since:] for text in texts)

    def press(self, key: str) -> None:
        self.process.send(key)

    def resize(self, rows: int, columns: int) -> None:
        self.screen.reset()  # a real one may show anything now
        self.screen.resize(rows, columns)
        self.process.setwinsize(rows, columns)

    def kill(self, number: signal.Signals) -> None:
        self.process.kill(number)

    def leave(self, how: Callable[[], object]) -> int:
        """End it in some way; its exit code, once all that it started is gone and the terminal as it was."""
        family = psutil.Process(self.process.pid).children(recursive=True)
        how()
        end = time.monotonic() + SOON
        while self.read():
            assert time.monotonic() < end, "it does not end"
        self.process.wait()
        assert not left_of(family)
        assert termios.tcgetattr(self.process.child_fd) == self.modes
        assert self.written.count(OTHER_SCREEN) == self.written.count(BACK)
        return int(128 + self.process.signalstatus if self.process.signalstatus else self.process.exitstatus)

    @property
    def left_behind(self) -> str:
        """What stands on the terminal afterwards."""
        return self.written.rpartition(BACK)[2]

    def close(self) -> None:
        self.process.close(force=True)
