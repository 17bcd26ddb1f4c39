"""A run: the notebook, executed, and the evidence about its gradients that came out of the kernel as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from .exercise import Limits

Array = np.ndarray[Any, Any]
Tree = Any  # None, bool, int, float, str, NumPy array, and lists and string-keyed dicts of these

Device = Literal["auto", "cpu", "gpu"]
RunStatus = Literal["completed", "crashed", "timed_out", "killed"]
CellStatus = Literal["ok", "failed", "not_run"]
GradientKind = Literal["gradient", "jacobian", "step"]
DEVICES: tuple[Device, ...] = get_args(Device)

_WITH_ARRAYS = {"arbitrary_types_allowed": True, "extra": "forbid"}  # how pydantic reads these classes from a Tree


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
