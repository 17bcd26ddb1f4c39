"""One run of the program: its trace, with everything that the rules look up or search for in it.

A search goes from tensor to tensor, each once, the nearest first. It ends, because no operation of a trace is its own
ancestor. What is derived from the trace is worked out when it is first asked for, and kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

from grader.doctor.events import (
    Compiled,
    Constant,
    Entry,
    Event,
    Inside,
    TapeClosed,
    TapeMade,
    TapeOpened,
    ValueState,
    Whole,
)
from grader.doctor.trace import Layer, Operation, Trace, Variable

FOREVER = 1 << 60  # the clock of what has not ended
COMPREHENSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")
READS = ("ReadVariableOp", "ResourceGather", "ResourceGatherNd")
WRITES = ("Assign", "Resource")
MOST_FOLLOWED = 400  # operations
TRAINING = (".fit", ".train_on_batch", ".evaluate", ".test_on_batch")  # of Keras' trainer, as a place's `via` ends

E = TypeVar("E", bound=Event)
Follow = Callable[[Operation], Iterable[int]]


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in the learner's code: cell (None for a script), line, and columns in UTF-8 bytes where known."""

    cell: int | None
    line: int
    span: tuple[int, int | None] | None = None


def all_inputs(operation: Operation) -> tuple[int, ...]:
    return operation.inputs


def is_read(operation: Operation) -> bool:
    return operation.type in READS and bool(operation.inputs)


def is_write(operation: Operation) -> bool:
    """It puts something into a resource: it returns nothing, or its name says so."""
    return not operation.outputs or (operation.type.startswith(WRITES) and not is_read(operation))


class Story:
    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.operations = self._lead_to_layers(trace)
        self.layers, self.optimizers = trace.layers, trace.optimizers
        self.names: dict[int, str] = {}  # what the learner calls what TensorFlow has no name for
        weights = {weight.variable: weight for layer in trace.layers for weight in layer.weights}
        self.variables: dict[int, Variable] = {}
        for variable in trace.variables:
            known = weights.get(variable.id)  # Keras knows better what it is called, and whether it learns
            self.variables[variable.id] = (
                variable if known is None else replace(variable, name=known.path, trainable=known.trainable)
            )

    def _lead_to_layers(self, trace: Trace) -> tuple[Operation, ...]:
        """The operations, each that Keras ran by itself at the line that made its layer or, where no layer ran, gave
        the loss: `model.fit` is where they happened, and hardly ever what to change."""
        trainers = {number for number, place in enumerate(trace.places) if place.via.endswith(TRAINING)}
        if not any(operation.place in trainers for operation in trace.operations):
            return trace.operations
        compiled = [(event.clock, event.place) for event in trace.events if isinstance(event, Compiled)]

        def lead(operation: Operation) -> Operation:
            if operation.place not in trainers or not operation.tapes:
                return operation
            before = [place for clock, place in compiled if clock < operation.clock and place >= 0]
            place = trace.layers[operation.layer].place if operation.layer >= 0 else before[-1] if before else -1
            return operation if place < 0 else replace(operation, place=place)

        return tuple(lead(operation) for operation in trace.operations)

    # --- what happened ----------------------------------------------------------------------------------------

    def of(self, kind: type[E]) -> list[E]:
        """The events of one kind, in order."""
        events: list[E] = self._events.get(kind, [])  # type: ignore[assignment]  # sorted by exactly that
        return events

    @cached_property
    def _events(self) -> dict[type[Event], list[Event]]:
        events: dict[type[Event], list[Event]] = defaultdict(list)
        for event in self.trace.events:
            events[type(event)].append(event)
        return events

    @cached_property
    def producer(self) -> dict[int, Operation]:
        return {number: operation for operation in self.operations for number in operation.outputs}

    @cached_property
    def by_clock(self) -> dict[int, Operation]:
        return {operation.clock: operation for operation in self.operations}

    @cached_property
    def users(self) -> dict[int, list[Operation]]:
        users: dict[int, list[Operation]] = defaultdict(list)
        for operation in self.operations:
            for number in set(operation.inputs):
                users[number].append(operation)
        return users

    @cached_property
    def wholes(self) -> dict[int, Whole]:
        """Output of a custom gradient or compiled function -> its event."""
        return {number: event for event in self.of(Whole) for number in event.outputs}

    @cached_property
    def insides(self) -> dict[int, int]:
        """What a compiled function returned -> the tensor inside that it was; what it took there -> what was given."""
        return {there: here for event in self.of(Inside) for there, here in event.pairs}

    @cached_property
    def constants(self) -> dict[int, Constant]:
        return {event.tensor: event for event in self.of(Constant)}

    @cached_property
    def entries(self) -> dict[int, Entry]:
        return {event.tensor: event for event in self.of(Entry)}

    def arrival(self, tensor: int) -> Entry | Constant | None:
        """Where a tensor came in from Python."""
        return self.entries.get(tensor) or self.constants.get(tensor)

    @cached_property
    def writers(self) -> dict[int, list[Operation]]:
        """Operations that put something into a resource (a variable, an iterator, a table), in order."""
        writers: dict[int, list[Operation]] = defaultdict(list)
        for operation in self.operations:
            if is_write(operation):
                for number in operation.inputs:
                    if self.is_resource(number):
                        writers[number].append(operation)
        return writers

    def writes_after_creation(self, variable: int) -> list[Operation]:
        made = self.variables[variable].clock
        return [writer for writer in self.writers.get(variable, ()) if writer.clock > made]

    def reads(self, variable: int) -> list[Operation]:
        return [operation for operation in self.users.get(variable, []) if is_read(operation)]

    @cached_property
    def tapes(self) -> dict[int, TapeMade]:
        return {event.tape: event for event in self.of(TapeMade)}

    def recorded(self, tape: int) -> list[tuple[int, int]]:
        """The stretches of time in which a tape recorded."""
        return self._recorded.get(tape, [])

    @cached_property
    def _recorded(self) -> dict[int, list[tuple[int, int]]]:
        stretches: dict[int, list[tuple[int, int]]] = defaultdict(list)
        begun: dict[int, int] = {}
        for event in self.trace.events:
            if isinstance(event, TapeOpened):
                begun[event.tape] = event.clock
            elif isinstance(event, TapeClosed) and event.tape in begun:
                stretches[event.tape].append((begun.pop(event.tape), event.clock))
        for tape, clock in begun.items():
            stretches[tape].append((clock, FOREVER))
        return stretches

    @cached_property
    def states(self) -> dict[int, ValueState]:
        """What is known of tensors' values."""
        states = {event.tensor: event.state for event in self.of(Constant) if event.state}
        for operation in self.operations:
            for number, state in zip(operation.outputs, operation.states or (), strict=False):
                if state is not None:
                    states[number] = state
        return states

    # --- looking things up ------------------------------------------------------------------------------------

    def dtype(self, tensor: int) -> str:
        kind = self.trace.tensors.get(tensor)
        return "" if kind is None else kind.dtype

    def shape(self, tensor: int) -> tuple[int, ...] | None:
        kind = self.trace.tensors.get(tensor)
        return None if kind is None else kind.shape or ()

    def is_floating(self, tensor: int) -> bool:
        return self.dtype(tensor).startswith(("float", "bfloat", "complex"))

    def is_integer(self, number: int) -> bool:
        """A tensor or variable of a kind that has no gradients."""
        dtype = self.variables[number].dtype if number in self.variables else self.dtype(number)
        return dtype.startswith(("int", "uint", "bool"))

    def is_resource(self, number: int) -> bool:
        return self.dtype(number) in ("resource", "variant") or number in self.variables

    def layer(self, number: int) -> Layer | None:
        return self.layers[number] if number >= 0 else None

    def spot(self, place: int) -> Spot | None:
        if not 0 <= place < len(self.trace.places):
            return None
        row = self.trace.places[place]
        return Spot(row.cell or None, row.line, row.span)

    def line(self, place: int) -> tuple[int | None, int] | None:
        spot = self.spot(place)
        return None if spot is None else (spot.cell, spot.line)

    def function(self, place: int) -> tuple[int, str] | None:
        """The learner's function that a place is in."""
        frames = self.trace.places[place].frames if 0 <= place < len(self.trace.places) else ()
        return (frames[0].cell, frames[0].function) if frames else None

    def spot_beside(self, place: int, other: int) -> Spot | None:
        """The line of this place in the function from which the other place was reached as well: where the two ways
        part. For what should stand inside a block this is the line to move."""
        if not (0 <= place < len(self.trace.places) and 0 <= other < len(self.trace.places)):
            return self.spot(place)
        own, others = (self.trace.places[number].frames[::-1] for number in (place, other))
        parted = len(own) - 1
        for depth, (one, another) in enumerate(zip(own, others, strict=False)):
            if (one.cell, one.function) != (another.cell, another.function):
                break
            parted = depth
            if one.line != another.line:
                break
        while parted + 1 < len(own) and own[parted + 1].function in COMPREHENSIONS:
            parted += 1  # to who wrote it, a comprehension is no function of its own
        chosen = own[parted]
        return Spot(chosen.cell or None, chosen.line, chosen.span)

    def via(self, place: int) -> str:
        return self.trace.places[place].via if 0 <= place < len(self.trace.places) else ""

    def name(self, number: int) -> str:
        variable = self.variables.get(number)
        return self.names.get(number, variable.name if variable else "the tensor")

    # --- searches ---------------------------------------------------------------------------------------------

    def upstream(
        self, tensors: Iterable[int], follow: Follow = all_inputs, depth: int = FOREVER, over_wholes: bool = False
    ) -> Iterator[tuple[int, Operation | None]]:
        """The tensors, and all that they were computed from, each with the operation that made it. `follow` says into
        which of an operation's inputs to go on, `depth` how many operations far. `over_wholes`: what happened inside
        a custom gradient or compiled function is left out, as the tape does not see it."""
        layer = list(dict.fromkeys(tensors))
        seen = set(layer)
        while layer and depth >= 0:
            depth -= 1
            further: list[int] = []
            for number in layer:
                whole = self.wholes.get(number) if over_wholes else None
                operation = None if whole else self.producer.get(number)
                yield number, operation
                taken = whole.inputs if whole else follow(operation) if operation else ()
                fresh = [one for one in dict.fromkeys(taken) if one not in seen]
                seen.update(fresh)
                further += fresh
            layer = further

    def ancestors(
        self, tensors: Iterable[int], follow: Follow = all_inputs, depth: int = FOREVER, over_wholes: bool = False
    ) -> list[Operation]:
        """The operations that these tensors were computed with, in the order in which they ran."""
        walk = self.upstream(tensors, follow, depth, over_wholes)
        made = {operation.clock: operation for _, operation in walk if operation is not None}
        return [made[clock] for clock in sorted(made)]

    def maker(self, tensor: int, through: tuple[str, ...]) -> Operation | None:
        """The operation that made a tensor, seen through operations that pass their first input on."""
        operation = self.producer.get(tensor)
        while operation is not None and operation.type in through and operation.inputs:
            operation = self.producer.get(operation.inputs[0])
        return operation

    def variables_behind(self, tensor: int) -> set[int]:
        """The variables that a tensor was computed from."""
        return {one.inputs[0] for one in self.ancestors([tensor]) if is_read(one)}

    def is_derived(self, tensor: int, origin: int, depth: int) -> bool:
        """The tensor was computed from the other in at most so many operations."""
        steps = (one for _, one in self.upstream([tensor], depth=depth - 1) if one is not None)
        return any(origin in operation.inputs for operation in steps)

    def descendants(self, tensor: int, most: int = MOST_FOLLOWED) -> list[Operation]:
        """Operations that a tensor's value went into, directly or through others."""
        reached: dict[int, Operation] = {}
        queue = [tensor]
        while queue and len(reached) < most:
            for operation in self.users.get(queue.pop(), ()):
                if operation.clock not in reached:
                    reached[operation.clock] = operation
                    queue += operation.outputs
        return list(reached.values())
