"""The course that comes with the grader -> a learner's folder: the broken notebooks, their data, a README, and the
marker by which the grader finds the rest.

Laid out again after an upgrade, the folder gets what is new. The hard part is to know what is the learner's work: the
marker has the hash of each file as it was laid out, and no other file is ever replaced.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import tomli_w

from grader import __version__
from grader.authoring.release.readme import readme
from grader.course.catalogue import exercises
from grader.course.files import write_whole
from grader.course.shipped import COURSE, MARKER, fingerprint, record
from grader.model import Exercise
from grader.model.errors import GraderError

HEADER = "# The grader finds the checks of this course by this file, and your own work by these hashes: keep it.\n"
ELSEWHERE = "Name a new folder: `gradient-clinic start DIR`."


@dataclass(frozen=True, slots=True)
class Layout:
    """What was done; paths in the folder."""

    folder: Path
    exercises: tuple[Exercise, ...]
    added: tuple[str, ...]
    refreshed: tuple[str, ...]  # which the learner had not changed
    kept: tuple[str, ...]  # which the learner has changed, although there is a new version


def lay_out(folder: Path) -> Layout:
    """Lay the course out in a folder that is empty or not there yet, or bring what is new to one that has it."""
    chosen = tuple(exercises(COURSE))
    if not chosen:
        raise GraderError("This installation has no exercises.", "Install gradient-clinic again.")
    try:
        if folder.exists() and not (folder / MARKER).is_file() and any(folder.iterdir()):
            raise GraderError(f"{folder} is not empty, and has no course of ours.", ELSEWHERE)
        return _lay_out(folder, chosen)
    except OSError as error:
        raise GraderError(f"{error.filename or folder} can't be written: {error.strerror}.", ELSEWHERE) from None


def _lay_out(folder: Path, chosen: tuple[Exercise, ...]) -> Layout:
    known = record(folder)
    _mark(folder, known)  # first of all, so that what is interrupted can be taken up again
    files = _files(chosen)
    added, refreshed, kept = [], [], []
    for name, content in files.items():
        path = folder / name
        before = fingerprint(path.read_bytes()) if path.exists() else None
        if before is None:
            added.append(name)
        elif before == fingerprint(content):
            continue
        elif before == known.get(name):
            refreshed.append(name)
        else:
            if known.get(name) != fingerprint(content):
                kept.append(name)
            continue
        write_whole(path, content)
    _mark(folder, {name: fingerprint(content) for name, content in files.items()})
    return Layout(folder, chosen, tuple(added), tuple(refreshed), tuple(kept))


def _files(chosen: tuple[Exercise, ...]) -> dict[str, bytes]:
    files = {"README.md": readme(chosen, "course")}
    for exercise in chosen:
        files[exercise.place_of(exercise.notebook)] = exercise.original.read_bytes()
        files |= {exercise.place_of(path): path.read_bytes() for path in exercise.data_files.values()}
    return files


def _mark(folder: Path, hashes: Mapping[str, str]) -> None:
    marker = {"format_version": 1, "version": __version__, "files": dict(hashes)}
    write_whole(folder / MARKER, HEADER + tomli_w.dumps(marker))
