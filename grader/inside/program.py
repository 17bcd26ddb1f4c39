"""Gives a program what it would find if it were started as `python NAME`, and ends one that runs for too long.

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
    """The program has used up its time."""


def begin(namespace: "dict[str, Any]", name: str) -> None:
    """Set up what `python NAME` would: the file's path and no arguments; and plots without a window."""
    namespace["__file__"] = str(Path.cwd() / name)
    sys.argv[:] = [name]
    os.environ["MPLBACKEND"] = "Agg"
    if "matplotlib" in sys.modules:
        sys.modules["matplotlib"].use("Agg", force=True)


def steps_taken() -> int:
    """The most that any optimizer took. They are searched for, because calls inside `model.fit` are hidden."""
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
