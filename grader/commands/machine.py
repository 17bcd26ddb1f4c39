"""What every command needs of the machine, and how it ends when the machine says no: in one sentence, tidily."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from grader.model.errors import GraderError

FEWEST_FILES = 256  # open at once; a grading needs about a hundred
ENDS = ("SIGTERM", "SIGHUP")  # what a system or a closed terminal sends
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS} if os.name == "posix" else {errno.ENOSPC}


def require_machine() -> None:
    """Raise GraderError where nothing could work: in a folder that is gone, or with too few files."""
    try:
        Path.cwd()
    except FileNotFoundError:
        raise GraderError("The working folder has been deleted.", "Go to another folder: cd ~") from None
    if sys.platform != "win32":
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < FEWEST_FILES <= hard:
            resource.setrlimit(resource.RLIMIT_NOFILE, (FEWEST_FILES, hard))
        elif soft < FEWEST_FILES:
            raise GraderError(
                f"At most {soft} files may be open here; the grader needs {FEWEST_FILES}.",
                f"Raise the limit in this shell: ulimit -n {FEWEST_FILES}",
            )


@contextmanager
def orderly_end() -> Iterator[None]:
    """A signal that ends a program has everything given back first, as Ctrl-C has."""

    def leave(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    before = {}
    for name in ENDS:
        if hasattr(signal, name):
            with suppress(ValueError):  # not the main thread, as in somebody's own program
                before[getattr(signal, name)] = signal.signal(getattr(signal, name), leave)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def disk_problem(error: BaseException) -> GraderError | None:
    """The error that a full or read-only disk is for a person; None where it is something else."""
    if not isinstance(error, OSError) or error.errno not in FULL:
        return None
    where = f" on the disk of {error.filename}" if error.filename else " (a folder for temporary files, perhaps)"
    problem = "nothing can be written" if error.errno == errno.EROFS else "there is no space left"
    return GraderError(f"Stopped: {problem}{where}.", "Make room there, or set TMPDIR to another folder.")
