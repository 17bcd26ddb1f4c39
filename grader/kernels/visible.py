"""Folders of a user's that a notebook may read: what of them a sandbox shows, and where.

A View of each folder has the bubblewrap flags that show it read-only at a place of its own. Never shown are folders
whose names begin with a dot (.git, .ssh, .spec) and, of a course, its solutions and repairs. The hard part is a folder
with somebody's home or a whole disk below it: one that holds too many folders to look through shows only the files that
lie in it directly.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

SHOWN = "/shown"
MOST_FOLDERS = 4_000  # looked through in about 0.2 s
MOST_HIDDEN = 200  # mounts, which every forked kernel has to copy
MOST_FILES = 200
SECRET = (".spec", ".git", ".ssh")


@dataclass(frozen=True, slots=True)
class View:
    """What a sandbox shows of a folder."""

    folder: Path
    place: str  # where it is inside
    whole: bool
    parts: tuple[str, ...] = ()  # names: hidden ones of a whole folder, else the files that are shown

    def flags(self) -> Iterator[str]:
        if self.whole:
            yield from ("--ro-bind", str(self.folder), self.place)
            for name in self.parts:
                hidden = f"{self.place}/{name}"
                yield from ("--perms", "0555", "--tmpfs", hidden, "--remount-ro", hidden)
        else:
            yield from ("--perms", "0755", "--dir", self.place)
            for name in self.parts:
                yield from ("--ro-bind-try", str(self.folder / name), f"{self.place}/{name}")


def views(folders: Iterable[Path]) -> tuple[View, ...]:
    """One for each folder that may be shown."""
    allowed = [folder for folder in dict.fromkeys(folders) if not secret(folder)]
    return tuple(_view(folder, f"{SHOWN}/{number}") for number, folder in enumerate(allowed))


def flags(shown: Iterable[View]) -> Iterator[str]:
    shown = tuple(shown)
    if shown:
        yield from ("--perms", "0755", "--dir", SHOWN)
    for view in shown:
        yield from view.flags()


def secret(folder: Path) -> bool:
    """Whether a folder lies in one that is never shown."""
    return any(above.name in SECRET or _is_of_a_course(above) for above in (folder, *folder.parents))


def _view(folder: Path, place: str) -> View:
    hidden = _to_hide(folder)
    if hidden is None:
        return View(folder, place, False, tuple(_files(folder)))
    return View(folder, place, True, tuple(hidden))


def _to_hide(folder: Path) -> list[str] | None:
    """What must not be seen below a folder; None where there is too much to look through."""
    hidden: list[str] = []
    waiting, seen = deque([folder]), 0
    while waiting:
        here = waiting.popleft()
        seen += 1
        for path in _folders(here):
            if path.name.startswith(".") or _is_of_a_course(path):
                hidden.append(path.relative_to(folder).as_posix())
            else:
                waiting.append(path)
        if seen + len(waiting) > MOST_FOLDERS or len(hidden) > MOST_HIDDEN:
            return None
    return hidden


def _is_of_a_course(path: Path) -> bool:
    """Whether a folder holds the solutions or repairs of the exercises that lie beside it."""
    if path.name == "solutions":
        return (path.parent / "exercises").is_dir()
    return path.parts[-2:] == ("tests", "repairs") and (path.parent.parent / "exercises").is_dir()


def _folders(here: Path) -> list[Path]:
    try:
        with os.scandir(here) as entries:
            return [here / entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:  # not ours to read: nor is it the notebook's
        return []


def _files(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries if entry.is_file(follow_symlinks=False))
    return [name for name in names if not name.startswith(".")][:MOST_FILES]
