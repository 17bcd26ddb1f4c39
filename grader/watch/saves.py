"""Watches a notebook's file and hands on its text whenever a save has changed the code.

Editors save in many ways: in place, in pieces, or by renaming another file over it, so the folder is watched and not
the file. Outputs and prose alone (Jupyter's autosave) are no reason to grade again. The hard part is a file that is
half written: it is read again for a while before it is reported as unreadable.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from watchfiles import watch

from grader.course.notebook import Notebook, read
from grader.model.errors import UngradableError

STEP = 20  # ms between two looks at what the system has reported: a save is seen after one or two
LOOK = 1000  # ms until the file is looked at without a report: on some network drives there is none
HALF_WRITTEN_SECONDS = 2.0  # for which a file may be unreadable
RETRY = 0.05


class Saves:
    """Watches one notebook until it is closed. Both callbacks are called from a thread of its own."""

    def __init__(
        self, path: Path, saved: Callable[[Notebook], None], unreadable: Callable[[UngradableError], None]
    ) -> None:
        self._path, self._saved, self._unreadable = path, saved, unreadable
        self._stamp: tuple[int, ...] | None = None
        self._code: object = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._serve, name=f"saves of {path}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop watching."""
        self._closed.set()
        self._thread.join()

    def _serve(self) -> None:
        self._look()
        for _changes in watch(
            self._path.parent,
            watch_filter=lambda _change, path: Path(path).name == self._path.name,
            step=STEP,
            stop_event=self._closed,
            rust_timeout=LOOK,
            yield_on_timeout=True,
            recursive=False,
            raise_interrupt=False,
        ):
            self._look()

    def _look(self) -> None:
        """Read the file if it is another than before; hand it on if its code is."""
        stamp = self._stamped()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            notebook = self._read()
        except UngradableError as error:
            self._code = None  # whatever comes next is news
            if not self._closed.is_set():
                self._unreadable(error)
            return
        code = (notebook.cells, notebook.exercise)
        if code != self._code:
            self._code = code
            self._saved(notebook)

    def _read(self) -> Notebook:
        deadline = time.monotonic() + HALF_WRITTEN_SECONDS
        while True:
            try:
                return read(self._path)
            except UngradableError:
                if time.monotonic() > deadline or self._closed.wait(RETRY):
                    raise
                self._stamp = self._stamped()

    def _stamped(self) -> tuple[int, ...] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino
