"""What a program finds that is started from a file, and what ends one that runs for too long.

A kernel that is killed takes all that was recorded with it. So a program is first told to stop by an exception, raised
while its own code is running, which leaves the kernel alive to be questioned. Not available on Windows.
"""

import gc
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from .cells import Cells

AGAIN = 0.5  # seconds until the next try, where nothing of the program's own was running or it caught the exception


class TimeLimit(BaseException):
    """The program's time is over."""


def begin(namespace: "dict[str, Any]", name: str) -> None:
    """As `python NAME` would begin: the file's path, no arguments, and plots that nobody looks at."""
    namespace["__file__"] = str(Path.cwd() / name)
    sys.argv[:] = [name]
    os.environ["MPLBACKEND"] = "Agg"
    if "matplotlib" in sys.modules:
        sys.modules["matplotlib"].use("Agg", force=True)


def steps_taken() -> int:
    """By the optimizer that took most. They are looked for, because in `model.fit` no call of theirs can be seen."""
    module = sys.modules.get("keras.src.optimizers.base_optimizer")
    if module is None:
        return 0
    found = [thing for thing in gc.get_objects() if issubclass(type(thing), module.BaseOptimizer)]
    return max((int(optimizer.iterations.numpy()) for optimizer in found), default=0)


def end_after(seconds: float, cells: Cells) -> None:
    """Stop what runs in a cell when the time is over."""

    def stop(_signal: int, frame: "FrameType | None") -> None:
        if cells.place(frame)[0] is not None:
            raise TimeLimit

    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
