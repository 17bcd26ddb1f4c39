"""A trace, as the diagnosis reads it: one `Story` for each run of the program.

What comes from the kernel is plain data that a learner's program could have forged, so it is read with care: a
missing field is a KeyError here, never a wrong accusation later (`diagnose` turns it into no finding at all).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from grader.model import Tree

Event = dict[str, Any]
NOWHERE = -1


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in the learner's code: cell (None for a script), line, and columns in UTF-8 bytes where known."""

    cell: int | None
    line: int
    span: tuple[int, int | None] | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    clock: int
    type: str
    place: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    tapes: tuple[int, ...]  # recording while it ran
    tracked: bool  # one of them follows its result
    within: int | None  # the backward step that it is part of
    states: tuple[list[Any] | None, ...]  # of the outputs: all finite, largest, share of zeros, smallest


@dataclass(frozen=True, slots=True)
class Variable:
    id: int
    ordinal: int
    name: str
    dtype: str
    shape: tuple[int, ...]
    trainable: bool
    place: int
    clock: int
    layers: tuple[int, ...]
    writes: int
    initial: str | None
    final: str | None

    @property
    def moved(self) -> bool:
        return self.final is None or self.final != self.initial


class Story:
    """One run. Tensors are numbers; a variable is known by the number of its handle."""

    def __init__(self, trace: Tree) -> None:
        self.plan: dict[str, Any] = trace["plan"]
        self.names: dict[int, str] = {}  # what the learner calls variables that TensorFlow has no name for
        self.places: list[dict[str, Any]] = trace["places"]
        self.tensors: dict[int, tuple[str, tuple[int, ...]]] = {
            int(number): (dtype, tuple(shape or ())) for number, (dtype, shape) in trace["tensors"].items()
        }
        self.events: list[Event] = trace["events"]
        self.layers: list[dict[str, Any]] = trace["layers"]
        self.optimizers: list[dict[str, Any]] = trace["optimizers"]
        self.steps: int = trace["steps"]
        self.call_counts: dict[int, int] = {int(place): count for place, count in trace["calls"].items()}
        self.signs: dict[int, list[dict[str, int]]] = {int(place): signs for place, signs in trace["signs"].items()}
        self.graph_operations: int = trace["graph_operations"]
        self.operations = [
            Operation(
                clock, name, place, tuple(taken), tuple(given), tuple(tapes), tracked, within, tuple(states or ())
            )
            for clock, name, place, taken, given, tapes, tracked, within, states in trace["operations"]
        ]
        paths = {number: path for layer in self.layers for number, path, _ in layer["weights"]}
        trains = {number: flag for layer in self.layers for number, _, flag in layer["weights"]}
        self.variables = {
            row["id"]: Variable(
                row["id"],
                row["ordinal"],
                paths.get(row["id"], row["name"]),
                row["dtype"],
                tuple(row["shape"]),
                trains.get(row["id"], row["trainable"]),
                row["place"],
                row["clock"],
                tuple(row["layers"]),
                row["writes"],
                row["initial"],
                row.get("final"),
            )
            for row in trace["variables"]
        }

    # --- what happened ---------------------------------------------------------------------------------------

    @cached_property
    def by_kind(self) -> dict[str, list[Event]]:
        found: dict[str, list[Event]] = defaultdict(list)
        for event in self.events:
            found[event["kind"]].append(event)
        return found

    def of(self, kind: str) -> list[Event]:
        return self.by_kind.get(kind, [])

    @cached_property
    def producer(self) -> dict[int, Operation]:
        return {number: operation for operation in self.operations for number in operation.outputs}

    @cached_property
    def users(self) -> dict[int, list[Operation]]:
        found: dict[int, list[Operation]] = defaultdict(list)
        for operation in self.operations:
            for number in set(operation.inputs):
                found[number].append(operation)
        return found

    @cached_property
    def wholes(self) -> dict[int, Event]:
        """Output of a custom gradient or compiled function -> its event."""
        return {number: event for event in self.of("whole") for number in event["outputs"]}

    @cached_property
    def constants(self) -> dict[int, Event]:
        return {event["tensor"]: event for event in self.of("constant")}

    @cached_property
    def entries(self) -> dict[int, Event]:
        return {event["tensor"]: event for event in self.of("entry")}

    @cached_property
    def writers(self) -> dict[int, list[Operation]]:
        """Operations that put something into a resource (a variable, an iterator, a table), in order."""
        found: dict[int, list[Operation]] = defaultdict(list)
        for operation in self.operations:
            if not operation.outputs or operation.type.startswith(("Assign", "Resource")):
                for number in operation.inputs:
                    if self.dtype(number) in ("resource", "variant") or number in self.variables:
                        found[number].append(operation)
        return found

    @cached_property
    def tapes(self) -> dict[int, Event]:
        return {event["tape"]: event for event in self.of("tape")}

    @cached_property
    def state(self) -> dict[int, list[Any]]:
        """What is known of tensors' values."""
        found = {event["tensor"]: event["state"] for event in self.of("constant") if event["state"]}
        for operation in self.operations:
            for number, state in zip(operation.outputs, operation.states, strict=False):
                if state is not None:
                    found[number] = state
        return found

    # --- looking things up -----------------------------------------------------------------------------------

    def dtype(self, tensor: int) -> str:
        return self.tensors.get(tensor, ("", ()))[0]

    def shape(self, tensor: int) -> tuple[int, ...] | None:
        return self.tensors[tensor][1] if tensor in self.tensors else None

    def floating(self, tensor: int) -> bool:
        return self.dtype(tensor).startswith(("float", "bfloat", "complex"))

    def spot(self, place: int) -> Spot | None:
        if not 0 <= place < len(self.places):
            return None
        row = self.places[place]
        return Spot(row["cell"] or None, row["line"], tuple(row["span"]) if row["span"] else None)

    def line(self, place: int) -> tuple[int | None, int] | None:
        spot = self.spot(place)
        return None if spot is None else (spot.cell, spot.line)

    def via(self, place: int) -> str:
        return str(self.places[place]["via"]) if 0 <= place < len(self.places) else ""

    def name(self, number: int) -> str:
        variable = self.variables.get(number)
        if variable is None:
            return "a tensor"
        return self.names.get(number, variable.name)

    def is_read(self, operation: Operation) -> bool:
        return operation.type in ("ReadVariableOp", "ResourceGather", "ResourceGatherNd") and bool(operation.inputs)

    def reads(self, variable: int) -> list[Operation]:
        return [operation for operation in self.users.get(variable, []) if self.is_read(operation)]

    def open_intervals(self, tape: int) -> Iterator[tuple[int, int]]:
        begun: int | None = None
        for event in self.events:
            if event.get("tape") == tape and event["kind"] == "open":
                begun = event["clock"]
            elif event.get("tape") == tape and event["kind"] == "close" and begun is not None:
                yield begun, event["clock"]
                begun = None
        if begun is not None:
            yield begun, 1 << 60
