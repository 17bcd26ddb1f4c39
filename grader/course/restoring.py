"""Brings an exercise's broken notebook back, and keeps the learner's work beside it."""

from __future__ import annotations

import shutil
from itertools import count
from pathlib import Path

from grader.model import Exercise
from grader.model.errors import GraderError


def has_changed(exercise: Exercise) -> bool:
    """Whether there is anything to restore."""
    try:
        return exercise.notebook.read_bytes() != exercise.original.read_bytes()
    except OSError:
        return True


def restore(exercise: Exercise) -> Path | None:
    """Put the original in the notebook's place; the file that now has the learner's version, if there was one."""
    if not exercise.original.is_file():
        raise GraderError(f"{exercise.original} is missing.", "Fetch the course again; your notebook was not touched.")
    kept = None
    if exercise.notebook.is_file() and has_changed(exercise):
        names = (exercise.folder / f"notebook.mine-{number}.ipynb" for number in count(1))
        kept = next(path for path in names if not path.exists())
        exercise.notebook.rename(kept)
    shutil.copyfile(exercise.original, exercise.notebook)
    return kept
