"""A program's own folder, laid out again where it may write.

The kernel's room gets a copy of the first folder, with what the others hold beside it: real folders, so that new files
can be written anywhere, copies of what is small, so that a program may overwrite the plots and checkpoints of its last
run, and links to what is large. Names that begin with a dot are left out. Used on both sides; standard library only.
"""

from __future__ import annotations

import os
import shutil
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

COPIED = 64 << 20  # bytes of all that are copied; one file may have a quarter
COPIED_IN_THE_OPEN = 4 << 30  # where a link would let a program write to its user's own file
ROOM_FACTOR = 2  # everything that a notebook can write in a sandbox: this many of the largest files that it may have
ENTRIES = 2_000  # laid out one by one; folders further down are linked as a whole


def lay_out(folders: Sequence[tuple[str, str]], room: Path, copied: int) -> Path:
    """Lay out folders, each given as its name and its place, with at most so many bytes copied; the folder to start in.
    The others can also be reached by their names, from that folder and from beside it: `data`, `../data`."""
    work = room / (folders[0][0] or "work")
    work.mkdir(exist_ok=True)
    layout = _Layout(copied)
    for _name, place in folders:
        layout.mirror(place, work)
    others = dict(folders[1:])
    link(others, room)
    link(others, work)
    return work


def link(places: Mapping[str, str], folder: Path) -> None:
    """Make links of these names to these places, where nothing has that name."""
    for name, place in places.items():
        path = folder / name
        if not os.path.lexists(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            _link(place, path)


class _Layout:
    def __init__(self, copied: int) -> None:
        self._largest, self._room, self._entries = copied // 4, copied, ENTRIES

    def mirror(self, source: str, target: Path) -> None:
        """What is near the top is served first."""
        waiting = deque([(source, target)])
        while waiting:
            here, there = waiting.popleft()
            for entry in _entries(here):
                path = there / entry.name
                if os.path.lexists(path):
                    continue
                self._entries -= 1
                if self._entries <= 0:
                    _link(entry.path, path)
                elif entry.is_dir(follow_symlinks=False) and os.access(entry.path, os.R_OK | os.X_OK):
                    path.mkdir()
                    waiting.append((entry.path, path))
                elif not self._copy(entry, path):
                    _link(entry.path, path)

    def _copy(self, entry: os.DirEntry[str], path: Path) -> bool:
        try:
            size = entry.stat().st_size
            if not entry.is_file() or size > min(self._largest, self._room):
                return False
            shutil.copyfile(entry.path, path)
        except OSError:  # may not be read, or leads nowhere: the link will say so
            path.unlink(missing_ok=True)
            return False
        self._room -= size
        return True


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            shown = [entry for entry in entries if not entry.name.startswith(".") and entry.name != "__pycache__"]
    except OSError:
        return []
    return sorted(shown, key=lambda entry: entry.name)


def _link(place: str, link: Path) -> None:
    try:
        link.symlink_to(place)
    except OSError:  # Windows allows links to few
        if Path(place).is_dir():
            shutil.copytree(place, link, dirs_exist_ok=True)
        elif Path(place).is_file():
            shutil.copyfile(place, link)
