"""An exercise: what is on disk in exercises/NN_name/."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

Reveal = Literal["at_once", "after_attempts", "hint", "never"]  # when a learner is shown the line that lost a gradient
REVEALS: tuple[Reveal, ...] = get_args(Reveal)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one notebook may use. Exceeding any of them is a verdict, never an error of ours. Seconds are floats and
    everything else is counted, which tells a timeout from the rest; `words.LIMITS` has a phrase for each."""

    wall: float = 120.0  # seconds, whole notebook
    cell: float = 60.0  # seconds, one cell
    cpu: float = 240.0  # seconds of processor time
    memory: int = 3072  # MB
    processes: int = 512  # and threads, of which TensorFlow has four for each processor
    file_size: int = 256  # MB, one file
    output: int = 8  # MB, everything printed and displayed
    open_files: int = 1024
    probe: float = 20.0  # seconds, one call of the exercise's probe


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """One row of the score sheet: a test function of the spec, its title and what it is worth."""

    id: str
    title: str
    points: float
    needs: str | None = None  # id of the check without which this one makes no sense


@dataclass(frozen=True, slots=True)
class Bug:
    """A defect planted in the broken notebook, and the ladder of hints that leads out of it."""

    id: str
    title: str
    code: str  # the diagnostic code that it must be given
    cell: int
    line: int
    checks: tuple[str, ...]  # ids of the checks that fail while the bug is there
    hints: tuple[str, ...]  # concept, what to look at, where, how; never the code itself
    debrief: str  # read after passing: what it was, and how it shows up in practice


@dataclass(frozen=True, slots=True)
class Contract:
    """The names by which the grader finds a learner's work."""

    functions: tuple[str, ...]
    variables: tuple[str, ...] = ()


def number_of(exercise: str) -> str:
    """ "02" of the id "02_detached_tensors"."""
    return exercise.partition("_")[0]


@dataclass(frozen=True, slots=True)
class Spec:
    """The hidden part of an exercise: a folder that no kernel sees."""

    folder: Path

    @property
    def inputs(self) -> Path:
        """Draws the hidden inputs."""
        return self.folder / "inputs.py"

    @property
    def probe(self) -> Path:
        """Is run in the kernel: calls the learner's functions on hidden inputs."""
        return self.folder / "probe.py"

    @property
    def basics(self) -> Path:
        """The checks that need no reference."""
        return self.folder / "test_basics.py"


@dataclass(frozen=True, slots=True)
class Exercise:
    id: str  # the folder's name: "02_detached_tensors"
    folder: Path  # where the learner's notebook lies
    title: str
    summary: str
    learn: tuple[str, ...]
    contract: Contract
    checks: tuple[CheckSpec, ...]
    bugs: tuple[Bug, ...]
    limits: Limits = field(default_factory=Limits)
    topic: str = ""  # a few words for a list
    minutes: int = 0  # that it takes a learner, about
    data: tuple[str, ...] = ()  # files of the folder that the notebook reads
    reveal: Reveal = "after_attempts"
    solution: Path | None = None  # None in a learner's kit
    shipped: Path | None = None  # where `start` laid the course out: the exercise's folder in the installed grader

    @property
    def number(self) -> str:
        return number_of(self.id)

    @property
    def course(self) -> Path:
        """The folder of all exercises."""
        return self.folder.parent

    @property
    def root(self) -> Path:
        """The folder in which the course lies."""
        return self.course.parent

    @property
    def home(self) -> Path:
        """Where everything but the learner's notebook lies."""
        return self.shipped or self.folder

    @property
    def table(self) -> Path:
        return self.home / "exercise.toml"

    @property
    def notebook(self) -> Path:
        return self.folder / "notebook.ipynb"

    @property
    def original(self) -> Path:
        return self.home / ".original.ipynb"

    @property
    def spec(self) -> Spec:
        return Spec(self.home / ".spec")

    @property
    def repairs(self) -> Path:
        return self.home.parent.parent / "tests" / "repairs" / self.id

    @property
    def data_files(self) -> dict[str, Path]:
        """Each of `data`, and where it lies."""
        return {name: self.home / name for name in self.data}

    def place_of(self, path: Path) -> str:
        """Where a file of the exercise lies in any copy of its course: "exercises/01_tape_scope/exercise.toml"."""
        if path == self.solution:
            return f"solutions/{self.id}.ipynb"
        if path.is_relative_to(self.repairs):
            return f"tests/repairs/{self.id}/{path.relative_to(self.repairs).as_posix()}"
        folder = self.folder if path == self.notebook else self.home
        return f"exercises/{self.id}/{path.relative_to(folder).as_posix()}"

    @property
    def max_score(self) -> float:
        return sum(check.points for check in self.checks)
