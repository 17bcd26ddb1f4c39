"""The grading that a worker does: an exercise's id and a notebook's bytes in, a Verdict out, kernels kept warm between.

A Pipeline is only its settings, so that it can be sent to any process; each process opens kernels for itself, once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import util
from pathlib import Path
from typing import TYPE_CHECKING

from grader.model import Exercise, Verdict

if TYPE_CHECKING:
    from grader.grading import Grader


@dataclass(frozen=True, slots=True)
class Pipeline:
    course: Path
    seed: int  # of the gradebook: hidden inputs are the same for everybody
    device: str = "auto"
    kernel: str = "auto"
    sandbox: str = "auto"

    def __call__(self, exercise: str, notebook: bytes) -> Verdict:
        from grader.notebook import parse

        return _grader(self).grade(_exercises(self.course)[exercise], parse(notebook))


@lru_cache(maxsize=1)
def _grader(settings: Pipeline) -> Grader:
    from grader.grading import Grader
    from grader.kernels import open_source

    source = open_source(settings.kernel, settings.sandbox, [settings.course.parent])
    grader = Grader(source, settings.device, settings.seed)
    # atexit does not run in worker processes; this does
    util.Finalize(None, source.close, exitpriority=10)
    util.Finalize(None, grader.close, exitpriority=20)
    return grader


@lru_cache(maxsize=4)
def _exercises(course: Path) -> Mapping[str, Exercise]:
    from grader.catalogue import exercises

    return {exercise.id: exercise for exercise in exercises(course)}


def exercise_hash(exercise: Exercise) -> str:
    """Changes when anything changes that grading reads: the score sheet, the hidden part, the data, the solution."""
    files = [exercise.folder / "exercise.toml", *sorted((exercise.folder / ".spec").rglob("*.py"))]
    files += [exercise.folder / name for name in sorted(exercise.data)]
    files += [exercise.solution] if exercise.solution else []
    digest = hashlib.sha256()
    for file in files:
        if file.is_file():
            content = file.read_bytes()
            digest.update(f"{file.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()
