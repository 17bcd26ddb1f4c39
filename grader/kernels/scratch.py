"""Folders for kernels that nobody else can read, and that are gone afterwards, even if we are killed.

One folder a source, one numbered folder below it a kernel. A shell that costs nothing waits for the end of its input,
which comes when the grader closes it or dies in whatever way, and then removes the folder.
"""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LONGEST = 80  # bytes; a unix socket's address has 108 of them on Linux, 104 on macOS
JANITOR = 'trap "" INT TERM HUP; read -r _; chmod -R u+rwX -- "$1" 2>/dev/null; exec rm -rf -- "$1"'


def janitor(script: str, *arguments: str) -> subprocess.Popen[bytes]:
    """A shell that cleans up after us. The script waits for the end of its input, which comes when we close it, or die
    in whatever way."""
    return subprocess.Popen(
        ["/bin/sh", "-c", script, "sh", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C in a terminal is not for it
    )


class Scratch:
    """The folder of one kernel source."""

    def __init__(self) -> None:
        self.path = _private_folder()
        self._numbers = itertools.count(1)
        self._janitor: subprocess.Popen[bytes] | None = None
        if os.name == "posix":
            self._janitor = janitor(JANITOR, str(self.path))

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """An empty folder for one kernel."""
        path = self.path / str(next(self._numbers))
        path.mkdir(mode=0o700)
        try:
            yield path
        finally:
            remove(path)

    def close(self) -> None:
        remove(self.path)
        if self._janitor is not None and self._janitor.stdin is not None:
            self._janitor.stdin.close()
            self._janitor.wait()


def _private_folder() -> Path:
    path = Path(tempfile.mkdtemp(prefix="clinic-")).resolve()
    if len(os.fsencode(path)) > LONGEST and os.name == "posix":
        path.rmdir()
        path = Path(tempfile.mkdtemp(prefix="clinic-", dir="/tmp"))
    return path


def remove(folder: Path) -> None:
    """Remove a folder, also one whose contents a notebook has made unremovable for their owner."""
    if not folder.exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        for parent, _folders, _files in os.walk(folder):  # top down: each is opened before it is entered
            Path(parent).chmod(0o700)
        shutil.rmtree(folder, ignore_errors=True)
