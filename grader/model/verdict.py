"""A verdict: what everybody reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Literal

from .exercise import Bug
from .run import Cell, Environment, GradientCall, LimitHit

CheckStatus = Literal["passed", "failed", "skipped", "error"]
# Of a value with what was asked of it: that it is right, or only that it is there, finite, well shaped, from a tape.
Match = Literal["ok", "present", "finite", "shaped", "taped", "none", "zero", "nan", "wrong", "missing", "shape"]
Severity = Literal["error", "note"]
FITTING: frozenset[Match] = frozenset({"ok", "present", "finite", "shaped", "taped"})


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
    module: str = ""  # the author's own module that the line is in, where it is not the file itself


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
