"""Watches a kernel that runs as an ordinary tree of processes: its memory, processor time and number of processes.

When a limit is exceeded, `hit` names it and the tree is ended. Memory is the sum of Pss where /proc tells it: RSS
counts a page once for each process that shares it, which gives false alarms after a fork.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

import psutil

from grader.inside.measure import MB, proportional
from grader.model import LimitHit, Limits

INTERVAL = 0.2  # seconds; a process that touches memory as fast as it can gains about 0.5 GB meanwhile


class Watchdog(threading.Thread):
    """Looks at the tree every INTERVAL seconds until it is gone, `stop` is called, or a limit is exceeded."""

    def __init__(self, root: int, limits: Limits, end: Callable[[], None]) -> None:
        super().__init__(name=f"watchdog of {root}", daemon=True)
        self._root, self._limits, self._end = root, limits, end
        self.hit: LimitHit | None = None
        self._stopped = threading.Event()
        self._seconds: dict[int, float] = {}  # processor time by process, the dead ones included
        self.seen: dict[int, psutil.Process] = {}  # all that ever belonged to the tree

    def stop(self) -> None:
        self._stopped.set()

    def run(self) -> None:
        with suppress(psutil.NoSuchProcess):
            root = psutil.Process(self._root)
            while not self._stopped.wait(INTERVAL):
                self.hit = self._look([root, *root.children(recursive=True)])
                if self.hit is not None:
                    self._end()
                    return

    def _look(self, tree: list[psutil.Process]) -> LimitHit | None:
        memory = 0
        for process in tree:
            self.seen.setdefault(process.pid, process)
            with suppress(psutil.Error):
                memory += proportional(process.pid) or process.memory_info().rss
                times = process.cpu_times()
                self._seconds[process.pid] = times.user + times.system
        used = {"memory": memory / MB, "cpu": sum(self._seconds.values()), "processes": len(tree)}
        for name, amount in used.items():
            allowed = getattr(self._limits, name)
            if amount > allowed:
                return LimitHit(name, allowed, amount)
        return None
