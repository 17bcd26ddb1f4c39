"""Where the resident grader of this user listens, and what a command must have in common with it.

Every command pays for what is imported here.
"""

from __future__ import annotations

import json
import os
import stat
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

GRADER = Path(__file__).parent.parent
READ_AT_START = (
    "PYTHON",
    "LANG",
    "LC_",
    "LD_",
    "MALLOC_",
    "OMP_",
    "OPENBLAS_",
)  # a running process can't take them over
LIMITS = 16  # kinds of them that Linux has


def signature() -> str:
    """What is the same for a resident grader and the commands that it serves: the interpreter and how it was started,
    the limits of the shell, each file of the grader, TensorFlow. After an upgrade, or an edit, it is another one."""
    import resource

    return json.dumps(
        [
            sys.executable,
            sys.version,
            list(sys.flags),
            sys.warnoptions,
            sorted(item for item in os.environ.items() if item[0].startswith(READ_AT_START)),
            [resource.getrlimit(number) for number in range(LIMITS)],
            sorted(os.sched_getaffinity(0)),
            sorted(_files(str(GRADER))),
            _tensorflow(),
        ]
    )


def _files(folder: str) -> Iterator[tuple[str, int, int]]:
    """Path, time and size of each."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.is_dir():
                status = entry.stat()
                yield entry.path, status.st_mtime_ns, status.st_size
            elif entry.name != "__pycache__":
                yield from _files(entry.path)


def _tensorflow() -> tuple[str, int] | None:
    files = (Path(folder, "tensorflow", "__init__.py") for folder in sys.path)
    return next(((str(file), file.stat().st_mtime_ns) for file in files if file.exists()), None)


def folder(signature: str, make: bool) -> Path | None:
    """The folder of the resident grader that has this signature: only this user can enter it. None where there is
    none and it is not to be made, or can't be."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    above = Path(runtime, "gradient-clinic") if runtime else Path(f"/tmp/gradient-clinic-{os.getuid()}")
    place = above / f"{zlib.crc32(signature.encode()):08x}"
    try:
        for each in (above, place):
            if make:
                each.mkdir(0o700, exist_ok=True)
            if not _private(each):
                return None
    except OSError:
        return None
    return place


def address(folder: int) -> str:
    """Of the socket in an open folder, whatever the length of its path: 108 bytes is all that an address can have."""
    return f"/proc/self/fd/{folder}/socket"


def _private(folder: Path) -> bool:
    status = folder.lstat()
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077
