"""The grading that a worker does, from an exercise's id and a notebook's bytes to a Verdict; kernels stay warm between.

A Pipeline is only its settings, so that it can be sent to any process; each process opens kernels for itself, once.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import lru_cache
from multiprocessing import util
from pathlib import Path
from typing import TYPE_CHECKING

from grader.kernels import Walls
from grader.model import Device, Exercise, Verdict

if TYPE_CHECKING:
    from grader.grading.grader import Grader


@dataclass(frozen=True, slots=True)
class Pipeline:
    course: Path
    seed: int  # of the gradebook: hidden inputs are the same for everybody
    device: Device = "auto"
    kernel: str = "auto"
    sandbox: Walls = "auto"
    findings: Path | None = None  # a file in which this machine's processes remember what the doctor found

    def __call__(self, exercise: str, notebook: bytes) -> Verdict:
        from grader.course.notebook import parse

        return _kept.grader(self).grade(_exercise(self.course / exercise), parse(notebook))

    def cancel(self) -> None:
        """Have what this process grades with these settings end soon; its verdict is void. From any thread."""
        _kept.cancel(self)


@dataclass(slots=True)
class _Kept:
    """The one Grader that a process keeps, with its kernels. Other settings end it: a cluster's worker sees many."""

    settings: Pipeline | None = None
    open: Grader | None = None
    closing: ExitStack = field(default_factory=ExitStack)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def grader(self, settings: Pipeline) -> Grader:
        with self.lock:
            if self.open is None or self.settings != settings:
                self.open = None
                self.closing.close()
                self.open, self.settings = self._opened(settings), settings
            return self.open

    def cancel(self, settings: Pipeline) -> None:
        if self.open is not None and self.settings == settings:
            self.open.cancel()

    def _opened(self, settings: Pipeline) -> Grader:
        from grader.doctor.remembered import InFile
        from grader.grading.grader import Grader
        from grader.kernels import open_source

        memory = InFile(settings.findings) if settings.findings else None
        source = open_source(settings.kernel, settings.sandbox, [settings.course.parent])
        self.closing.callback(source.close)
        return self.closing.enter_context(Grader(source, settings.device, settings.seed, memory))


_kept = _Kept()
util.Finalize(None, _kept.closing.close, exitpriority=10)  # atexit does not run in worker processes; this does


@lru_cache(maxsize=64)
def _exercise(folder: Path) -> Exercise:
    from grader.course.catalogue import load

    return load(folder)


def exercise_files(exercise: Exercise) -> Mapping[str, Path]:
    """Everything that grading reads: the score sheet, the hidden part, the data, the solution; by its place in a
    course's folder."""
    files = [exercise.table, *sorted(exercise.spec.folder.rglob("*.py"))]
    files += [exercise.data_files[name] for name in sorted(exercise.data)]
    files += [exercise.solution] if exercise.solution else []
    return {exercise.place_of(file): file for file in files if file.is_file()}


def exercise_hash(exercise: Exercise) -> str:
    """Changes when anything changes that grading reads."""
    digest = hashlib.sha256()
    for file in exercise_files(exercise).values():
        content = file.read_bytes()
        digest.update(f"{file.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()
