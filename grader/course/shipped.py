"""The course that comes with the grader, and folders of learners that were laid out from it.

Such a folder holds a marker, and of each exercise only the notebook and its data. What a learner should not come across
(checks, hints, the solution) is read where the grader is installed.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from pathlib import Path

from grader.model import Exercise

_INSIDE = Path(__file__).resolve().parents[1] / "shipped"  # setup.py fills it in a wheel
IN_WHEEL = _INSIDE.is_dir()
ROOT = _INSIDE if IN_WHEEL else _INSIDE.parents[1]  # of a clone, where the same files lie at the same paths
COURSE = ROOT / "exercises"
CODES = ROOT / "docs" / "codes"
MARKER = ".gradient-clinic.toml"


def origin(folder: Path) -> Path | None:
    """The folder from which an exercise was laid out in this one (an absolute path); None where it was not."""
    shipped = COURSE / folder.name
    laid_out = folder.parent.name == COURSE.name and (folder.parents[1] / MARKER).is_file()
    return shipped if laid_out and folder.is_dir() and (shipped / "exercise.toml").is_file() else None


def laid_out_around(folder: Path) -> Path | None:
    """The laid-out course in which a folder lies."""
    folder = folder.resolve()
    return next((each for each in (folder, *folder.parents) if (each / MARKER).is_file()), None)


def record(root: Path) -> Mapping[str, str]:
    """The hash of each file of a laid-out course as it was laid out, by its path. Empty where the marker is damaged:
    then no file counts as untouched."""
    try:
        files = tomllib.loads((root / MARKER).read_text("utf-8"))["files"]
        return {str(name): str(value) for name, value in files.items()}
    except (OSError, ValueError, KeyError, AttributeError):
        return {}


def fingerprint(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def is_outdated(exercise: Exercise) -> bool:
    """Whether the installed grader has another version of the notebook than the one that was laid out."""
    known = record(exercise.root).get(exercise.place_of(exercise.notebook)) if exercise.shipped else None
    return known is not None and known != fingerprint(exercise.original.read_bytes())
