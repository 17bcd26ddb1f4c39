"""A trace: what the hooks in the kernel noted of one run, read once into frozen dataclasses.

A learner's program could have forged it, so nothing is taken on trust: an unknown or missing field, a wrong type, an
operation that is its own ancestor or a layer that does not exist is a ValidationError here, and no rule ever sees it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import NonNegativeInt, TypeAdapter

from grader.doctor.events import AnyEvent, Freeze, Listing, Numbers, Reading, Record, Row, States


@dataclass(frozen=True, slots=True)
class TensorKind(Record):
    dtype: str
    shape: Numbers | None


@dataclass(frozen=True, slots=True)
class Operation(Record):
    clock: int  # negative: nobody saw it, but the code says it
    type: str
    place: int
    inputs: Numbers
    outputs: Numbers
    tapes: Numbers  # recording while it ran
    tracked: bool  # one of them follows its result
    within: int | None  # the backward step that it is part of
    states: States | None  # of the outputs, where they were looked at
    layer: int  # the innermost Keras layer of the learner's making that was running, or -1

    @property
    def was_seen(self) -> bool:
        return self.clock >= 0


@dataclass(frozen=True, slots=True)
class Frame(Record):
    """A line of the learner's that was running."""

    cell: int  # 0 for a script
    line: int
    span: tuple[int, int | None] | None  # columns in UTF-8 bytes
    function: str  # its name


@dataclass(frozen=True, slots=True)
class Place(Record):
    """A place in the code: the learner's innermost line, and the library function that it was calling."""

    cell: int
    line: int
    span: tuple[int, int | None] | None
    via: str
    frames: tuple[Annotated[Frame, Row], ...]  # with those that called it, the innermost first


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(Record):
    """What gradients a variable got, and what became of them."""

    asked: int  # how often a gradient was asked for
    none: int  # and how often that was None, all zeros, not finite
    zero: int
    nonfinite: int
    largest: float | None  # element of all of them
    steps: int  # how often an optimizer was given a gradient for it
    before: str | None  # the value's fingerprint before the first of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable(Record):
    id: int
    ordinal: int
    name: str
    dtype: str
    shape: Numbers
    trainable: bool
    place: int
    clock: int
    layers: Numbers
    writes: int
    initial: str | None
    account: Account
    final: str | None = None

    @property
    def moved(self) -> bool:
        return self.final is None or self.final != self.initial


@dataclass(frozen=True, slots=True)
class Weight(Record):
    variable: int
    path: str
    trainable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode(Record):
    """Of a layer that does something else in training: under which tapes it ran, and whether it was told the mode."""

    tapes: Numbers
    told: bool
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer(Record):
    type: str
    place: int
    holder: int  # where the layer that it was made for was at work; -1 where no layer was
    calls: int
    weights: tuple[Annotated[Weight, Row], ...]
    own: Numbers  # the variables that are its own and not a sub-layer's
    losses: int
    losses_read: bool
    mode: Mode | None

    @property
    def held(self) -> set[int]:
        return {weight.variable for weight in self.weights}


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimizer(Record):
    type: str
    place: int
    steps: int
    rates: tuple[float | None, ...]  # the first and the last
    largest_rate: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace(Record):
    hooks: dict[str, str]  # "works", or why it is left out
    faults: dict[str, int]  # exceptions in the hooks themselves while the program ran, and how often
    dropped: int  # events beyond the trace's memory
    places: tuple[Place, ...]
    operations: tuple[Annotated[Operation, Row], ...]
    tensors: dict[int, Annotated[TensorKind, Row]]
    events: tuple[AnyEvent, ...]
    variables: tuple[Variable, ...]
    layers: tuple[Layer, ...]
    optimizers: tuple[Optimizer, ...]
    steps: NonNegativeInt
    calls: dict[int, int]  # place of a gradient call -> how often it ran
    signs: dict[int, tuple[dict[str, int], ...]]  # the same, and for each source how often it was abnormal
    modules: dict[int, str] = field(default_factory=dict)  # the author's own, beside the notebook: number -> path

    def __post_init__(self) -> None:
        made = {number: operation.clock for operation in self.operations for number in operation.outputs}
        for operation in self.operations:
            if any(made.get(number, operation.clock - 1) >= operation.clock for number in operation.inputs):
                raise ValueError(f"operation {operation.clock} takes what was not there yet")
        layers = {event.layer for event in self.events if isinstance(event, Freeze | Listing)}
        layers |= {number for event in self.events if isinstance(event, Reading) for number in event.layers}
        layers |= {operation.layer for operation in self.operations}
        if any(number >= len(self.layers) for number in layers):
            raise ValueError("a layer that does not exist")


TRACE = TypeAdapter(Trace)


def read_trace(answer: object) -> Trace:
    """The trace, from the kernel's answer. Raises ValidationError."""
    return TRACE.validate_python(answer)
