"""What flows through the pipeline: plain, frozen data and nothing else.

    Exercise + notebook --execute--> Run --probe--> Evidence --judge--> Verdict --report--> text, HTML, JSON

Read top to bottom, this module is the product's vocabulary. It imports nothing of ours and does no I/O.
Cells count code cells from 1, lines count from 1 inside their cell, columns count characters from 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args

import numpy as np

Array = np.ndarray[Any, Any]
Tree = Any  # None, bool, int, float, str, NumPy array, and lists and string-keyed dicts of these


# Closed vocabularies. Contracts name them, so they are strings; a typo in a comparison is mypy's to find.
Device = Literal["auto", "cpu", "gpu"]
RunStatus = Literal["completed", "crashed", "timed_out", "killed"]
CellStatus = Literal["ok", "failed", "not_run"]
CheckStatus = Literal["passed", "failed", "skipped", "error"]
# Of a value with what was asked of it: that it is right, or only that it is there, finite, well shaped, from a tape.
Match = Literal["ok", "present", "finite", "shaped", "taped", "none", "zero", "nan", "wrong", "missing", "shape"]
GradientKind = Literal["gradient", "jacobian", "step"]
Severity = Literal["error", "note"]

DEVICES: tuple[Device, ...] = get_args(Device)
FITTING: frozenset[Match] = frozenset({"ok", "present", "finite", "shaped", "taped"})

_WITH_ARRAYS = {"arbitrary_types_allowed": True, "extra": "forbid"}  # how pydantic reads these classes from a Tree


# --- Exercise: what is on disk in exercises/NN_name/ ---------------------------------------------------------


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


Reveal = Literal["at_once", "after_attempts", "hint", "never"]  # when a learner is shown the line that lost a gradient
REVEALS: tuple[Reveal, ...] = get_args(Reveal)


@dataclass(frozen=True, slots=True)
class Exercise:
    id: str  # the folder's name: "02_detached_tensors"
    folder: Path
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

    @property
    def number(self) -> str:
        return number_of(self.id)

    @property
    def course(self) -> Path:
        """The folder of all exercises."""
        return self.folder.parent

    @property
    def root(self) -> Path:
        """The folder in which the course lies, with its solutions and repairs."""
        return self.course.parent

    @property
    def table(self) -> Path:
        return self.folder / "exercise.toml"

    @property
    def notebook(self) -> Path:
        return self.folder / "notebook.ipynb"

    @property
    def original(self) -> Path:
        return self.folder / ".original.ipynb"

    @property
    def spec(self) -> Spec:
        return Spec(self.folder / ".spec")

    @property
    def repairs(self) -> Path:
        return self.root / "tests" / "repairs" / self.id

    @property
    def data_files(self) -> dict[str, Path]:
        """Each of `data`, and where it lies."""
        return {name: self.folder / name for name in self.data}

    def place_of(self, path: Path) -> str:
        """Where a file of the exercise lies in any copy of its course: "exercises/01_tape_scope/exercise.toml"."""
        if path == self.solution:
            return f"solutions/{self.id}.ipynb"
        if path.is_relative_to(self.repairs):
            return f"tests/repairs/{self.id}/{path.relative_to(self.repairs).as_posix()}"
        return f"exercises/{self.id}/{path.relative_to(self.folder).as_posix()}"

    @property
    def max_score(self) -> float:
        return sum(check.points for check in self.checks)


# --- Run: the notebook, executed ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LimitHit:
    """A limit that was exceeded: which field of Limits, its value, and how much was used (same unit)."""

    name: str
    allowed: float
    used: float | None = None

    @property
    def is_timeout(self) -> bool:
        return isinstance(getattr(Limits(), self.name), float)


@dataclass(frozen=True, slots=True)
class CellError:
    """An exception that a cell raised, as its author should read it: no frame of ours in it."""

    type: str
    message: str
    cell: int | None = None  # the learner's innermost frame; may lie in a cell before the one that was running
    line: int | None = None
    column: int | None = None
    end_column: int | None = None
    traceback: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    number: int
    source: str
    status: CellStatus
    seconds: float = 0.0
    error: CellError | None = None


@dataclass(frozen=True, slots=True)
class Run:
    status: RunStatus
    cells: tuple[Cell, ...]
    limit: LimitHit | None = None
    seconds: float = 0.0  # the cells' own time

    @property
    def error(self) -> CellError | None:
        return next((cell.error for cell in self.cells if cell.error), None)


# --- Evidence: plain data about the gradients ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GradientRecord:
    """What one source (a variable) received over all calls of one `gradient()` site.

    `first` and `last` are float arrays of the variable's shape, or None where the gradient was None or too
    large to keep (`kept` is then False).
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _WITH_ARRAYS

    name: str
    shape: tuple[int, ...] | None
    dtype: str
    first: Array | None
    last: Array | None
    kept: bool = True
    nones: int = 0
    zeros: int = 0
    nonfinite: int = 0
    first_abnormal: int | None = None  # number of the call, from 1


@dataclass(frozen=True, slots=True)
class GradientCall:
    """All calls made from one place: a `tape.gradient`, a `tape.jacobian`, or an optimizer step."""

    kind: GradientKind
    cell: int | None
    line: int | None
    calls: int
    traced: bool  # inside tf.function or model.fit
    sources: tuple[GradientRecord, ...]
    losses: tuple[float, ...] = ()  # the target's value at each call (thinned when there are very many)


@dataclass(frozen=True, slots=True)
class Probe:
    """The learner's functions on one draw of hidden inputs."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _WITH_ARRAYS

    inputs: dict[str, Array]
    result: Tree = None  # what the exercise's probe returned
    error: CellError | None = None  # its message is ours: a learner's own text could carry hidden inputs out
    calls: tuple[GradientCall, ...] = ()  # gradients taken while the probe ran
    name: str = ""  # of the draw: "one picture"


@dataclass(frozen=True, slots=True)
class Environment:
    tensorflow: str = ""
    keras: str = ""
    numpy: str = ""
    python: str = ""
    device: str = ""  # where the gradients really were


@dataclass(frozen=True, slots=True)
class Evidence:
    run: Run
    missing: tuple[str, ...] = ()  # functions of the contract that the notebook does not define
    training: tuple[GradientCall, ...] = ()  # what the notebook itself produced
    probes: tuple[Probe, ...] = ()
    environment: Environment = field(default_factory=Environment)
    seconds: float = 0.0  # spent probing

    @property
    def losses(self) -> tuple[float, ...]:
        """The loss curve: the targets of the place that asked for gradients most often."""
        return max((call.losses for call in self.training), key=len, default=())


# --- Verdict: what everybody reads ------------------------------------------------------------------------------


class Status(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    CRASHED = "crashed"  # a cell raised
    TIMED_OUT = "timed_out"
    KILLED = "killed"  # the kernel died, or exceeded a limit such as memory or output
    UNGRADABLE = "ungradable"  # not a notebook, wrong exercise; costs no attempt
    ERROR = "error"  # internal error in the grader; costs no attempt


@dataclass(frozen=True, slots=True)
class Comparison:
    """One row of a check's table: a variable (or value), what came and what should have come."""

    name: str
    verdict: Match
    got: str  # as people read it: "None", "all zeros", "norm 0.31"
    expected: str
    off_by: float | None = None  # relative error, 0 is exact

    @property
    def fits(self) -> bool:
        """Whether the value is as asked."""
        return self.verdict in FITTING


@dataclass(frozen=True, slots=True)
class Check:
    id: str
    title: str
    status: CheckStatus
    points: float
    max_points: float
    message: str = ""
    depends_on: str | None = None
    findings: tuple[int, ...] = ()  # indices into Verdict.findings
    comparisons: tuple[Comparison, ...] = ()
    paths: tuple[tuple[str, ...], ...] = ()  # of findings that are held back: where they break, without the line


@dataclass(frozen=True, slots=True)
class Finding:
    """Where a gradient was lost, and why."""

    code: str  # "GRAD002"
    cause: str  # "detached_numpy"
    severity: Severity
    cell: int | None
    line: int | None
    column: int | None
    end_column: int | None
    source: str
    operation: str
    variables: tuple[str, ...]
    message: str
    next_step: str
    path: tuple[str, ...] = ()  # from the loss to the variable; a "╳" stands where it breaks


@dataclass(frozen=True, slots=True)
class Timing:
    total: float = 0.0
    execute: float = 0.0
    probe: float = 0.0
    judge: float = 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    exercise: str
    title: str
    notebook_sha256: str
    status: Status
    message: str
    next_step: str
    score: float
    max_score: float
    checks: tuple[Check, ...] = ()
    findings: tuple[Finding, ...] = ()
    limit: LimitHit | None = None
    environment: Environment = field(default_factory=Environment)
    timing: Timing = field(default_factory=Timing)
    cells: tuple[Cell, ...] = ()  # the learner's code, for showing
    losses: tuple[float, ...] = ()  # of the learner's own training
    reference_losses: tuple[float, ...] = ()
    training: tuple[GradientCall, ...] = ()


@dataclass(frozen=True, slots=True)
class Notes:
    """What a report shows beside a verdict: the hints seen so far and, once passed, the debrief."""

    hints: tuple[str, ...] = ()
    debrief: tuple[Bug, ...] = ()
    solution: tuple[str, ...] = ()  # the solution's repair cells, side by side with
    repaired: tuple[str, ...] = ()  # the learner's
    report: Path | None = None  # where the HTML went
    problem: str = ""  # why it could not be written
    notebook: Path | None = None  # the file that was graded
