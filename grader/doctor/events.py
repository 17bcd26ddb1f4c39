"""What happened in a run, as the hooks in the kernel noted it: one class for each kind of event.

Tensors are numbers; a variable is known by the number of its handle, a place in the code by its row in the trace's
`places`, and everything that happened by its clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import ArgsKwargs

NOWHERE = -1


def _by_position(row: object) -> object:
    return ArgsKwargs(tuple(row)) if isinstance(row, list | tuple) else row


class Record:
    """How pydantic reads these classes: what is not declared may not be there."""

    __slots__ = ()
    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}  # pydantic's own type for it wants to be imported


Row = BeforeValidator(_by_position)  # what is told very often comes as a list, in the order of the fields
Numbers = tuple[int, ...]
Gradients = tuple[int | None, ...]  # None: no gradient here


@dataclass(frozen=True, slots=True)
class ValueState(Record):
    """What is known of a floating tensor's values."""

    finite: bool
    largest: float | None  # absolute; None where not all are finite
    zeros: float  # the share of elements that are exactly zero
    smallest: float | None
    nan: bool = False  # not finite because of a NaN, not only of infinities


State = Annotated[ValueState, Row]
States = tuple[State | None, ...]


# --- events -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Record):
    clock: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedEvent(Event):
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit(PlacedEvent):
    """A value left TensorFlow."""

    kind: Literal["exit"]
    tensor: int
    how: str  # "numpy" | "buffer" | "copy"
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(PlacedEvent):
    """Python handed a value to TensorFlow; `copied`: the tensor that it was."""

    kind: Literal["entry"]
    tensor: int
    copied: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant(PlacedEvent):
    """A tensor that no operation made went into one."""

    kind: Literal["constant"]
    tensor: int
    digest: str
    state: State | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backward(Event):
    """A tape went back through one operation, or through a custom gradient or compiled function ("whole")."""

    kind: Literal["backward"]
    number: int
    op: str
    inputs: Gradients | None
    outputs: Gradients | None
    came: Gradients | None
    went: Gradients | None  # None where it raised
    came_states: States
    states: States


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole(PlacedEvent):
    """A custom gradient or a compiled function: one step to the tape, however many operations it ran."""

    kind: Literal["whole"]
    name: str
    inputs: Numbers
    outputs: Numbers
    gradient_place: int  # where a learner wrote its gradient


@dataclass(frozen=True, slots=True)
class Slope(Record):
    """A function measured along a direction: upwards, downwards, and as its custom gradient states it."""

    up: float
    down: float
    stated: float
    still: float  # the share of its results that a tiny step leaves exactly as they are


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomGradient(PlacedEvent):
    kind: Literal["custom_gradient"]
    gradient_place: int
    identity: bool  # the function returns its input
    rows: tuple[Slope | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TapeEvent(PlacedEvent):
    tape: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TapeMade(TapeEvent):
    kind: Literal["tape"]
    automatic: bool  # it watches variables by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class TapeOpened(TapeEvent):
    kind: Literal["open"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TapeClosed(TapeEvent):
    kind: Literal["close"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TapeReset(TapeEvent):
    kind: Literal["reset"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch(TapeEvent):
    kind: Literal["watch"]
    watched: Numbers
    keras: bool  # a Keras variable is among them


@dataclass(frozen=True, slots=True)
class Argument(Record):
    """A target or source of a gradient call."""

    number: int  # -1 where it is no tensor of TensorFlow's
    kind: str  # "variable" | "tensor" | "symbolic" | the name of its Python type


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Record):
    """What one source received."""

    none: bool
    tensor: int | None = None
    sparse: bool = False
    shape: Numbers | None = None
    nonfinite: bool = False
    zero: bool = False  # everywhere
    largest: float | None = None
    zeros: float | None = None
    negative: bool = False  # in some element


Arguments = tuple[Annotated[Argument, Row], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(TapeEvent):
    """`tape.gradient` or `tape.jacobian`."""

    kind: Literal["call"]
    what: str
    steps: int  # of optimizers, before it
    entered: bool  # the tape had been recording
    targets: Arguments
    sources: Arguments
    list: int  # the identity of the list of sources
    unconnected: str  # "none" | "zero"
    weights: bool  # output_gradients were given
    averaged: int  # where the target became the mean over one replica's batch, of several that train together
    begin: int
    results: tuple[Outcome, ...] | None  # None where it raised
    error: str | None


@dataclass(frozen=True, slots=True)
class Pair(Record):
    """A gradient and its variable, as an optimizer was given them."""

    gradient: int | None
    variable: int
    missing: bool
    state: State | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Update(PlacedEvent):
    """A step of an optimizer."""

    kind: Literal["step"]
    optimizer: int
    pairs: tuple[Annotated[Pair, Row], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhausted(PlacedEvent):
    """An optimizer was given an iterator with nothing left in it."""

    kind: Literal["exhausted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled(PlacedEvent):
    """`model.compile` began."""

    kind: Literal["compile"]
    values: dict[int, str]  # a fingerprint of each of the model's variables


@dataclass(frozen=True, slots=True, kw_only=True)
class CompileEnd(Event):
    kind: Literal["compile_end"]
    values: dict[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit(PlacedEvent):
    """`model.fit` began."""

    kind: Literal["fit"]
    values: dict[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FitEnd(Event):
    kind: Literal["fit_end"]
    values: dict[int, str]


CodeLine = tuple[int, int]  # cell and line


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionRun(PlacedEvent):
    """A compiled function of the learner's ran."""

    kind: Literal["function"]
    written: int  # the place of its definition
    given: tuple[str, ...]  # fingerprints of its arguments that no operation made
    dropped: tuple[CodeLine, ...]  # writes to TensorArrays of which nobody took the result


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured(PlacedEvent):
    """A plain value that a compiled function read while it was compiled, and that has been others since."""

    kind: Literal["captured"]
    name: str
    sizes: tuple[float, ...]  # the largest element of each other value
    tensor: bool  # it is a tensor, and no number or array


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside(Event):
    """A compiled function ran whose operations are known: which tensor was computed from which, across its border."""

    kind: Literal["inside"]
    pairs: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure(PlacedEvent):
    """An exception that the learner's code raised."""

    kind: Literal["error"]
    type: str
    message: str
    compiled: CodeLine | None  # inside a compiled function
    gradients: bool  # raised while a tape recorded, or by what takes gradients or applies them
    custom: int  # where a custom gradient was written that TensorFlow could not use
    operands: tuple[tuple[str, str], ...]  # name and kind of what the failing expression names


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze(PlacedEvent):
    """`layer.trainable` was set."""

    kind: Literal["trainable"]
    layer: int
    value: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(PlacedEvent):
    """A model was asked for a list of its variables."""

    kind: Literal["list"]
    list: int
    layer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Event):
    """A variable was read while these layers ran, outermost first."""

    kind: Literal["read"]
    variable: int
    layers: Numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting(PlacedEvent):
    """A Keras loss was given targets and predictions."""

    kind: Literal["meeting"]
    loss: str  # Keras' function, or nothing where it is the learner's
    logits: bool  # it was told that the predictions are logits
    predictions: int
    targets_shape: Numbers
    predictions_shape: Numbers
    whole: bool  # all targets are whole numbers
    targets_range: tuple[float, float] | None
    predictions_range: tuple[float, float] | None
    apart: float  # how far the sums of the predictions' rows are from one, at most


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaledStep(PlacedEvent):
    """A step of an optimizer that divides gradients by its loss scale."""

    kind: Literal["scaled_step"]
    scale: float
    scaled: bool  # it has been asked to scale a loss
    finite: bool
    pairs: tuple[tuple[int | None, int], ...]  # gradients and their variables


AnyEvent = Annotated[
    Exit
    | Entry
    | Constant
    | Backward
    | Whole
    | CustomGradient
    | TapeMade
    | TapeOpened
    | TapeClosed
    | TapeReset
    | Watch
    | Call
    | Update
    | Exhausted
    | Compiled
    | CompileEnd
    | Fit
    | FitEnd
    | FunctionRun
    | Captured
    | Inside
    | Failure
    | Freeze
    | Listing
    | Reading
    | Meeting
    | ScaledStep,
    Field(discriminator="kind"),
]
