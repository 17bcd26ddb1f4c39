"""How values travelled from a source to the target of one gradient call, and where the gradient could not follow.

A value travels through operations, through variables that were written and read again, and through Python: it left
TensorFlow somewhere and a constant came in later. `Flow` knows these steps and which of them the tape really went
back through. The path with the fewest steps that a gradient cannot take is how the value travelled; the first such
step, seen from the source, is where the gradient was lost.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from grader.doctor.trace import Event, Operation, Story

# Operations whose result carries no gradient although it is a floating number. TensorFlow's registry does not tell:
# of some it says "not differentiable", for others it has a function that returns None.
CUTTING = frozenset(
    [
        "ArgMax",
        "ArgMin",
        "Bitcast",
        "Bucketize",
        "Ceil",
        "EagerPyFunc",
        "Fill",
        "Floor",
        "FloorDiv",
        "FloorMod",
        "IteratorGetNext",
        "OneHot",
        "OnesLike",
        "PreventGradient",
        "PyFunc",
        "PyFuncStateless",
        "Range",
        "Rint",
        "Round",
        "Shape",
        "StopGradient",
        "StringToNumber",
        "ZerosLike",
    ]
)

# What a step costs on the way back. A path never takes a dearer kind of step to save a few cheap ones.
RECORDED, UNKNOWN, CUT, STATE, COPY, PYTHON = 0.0, 0.001, 1.0, 2.0, 2.0, 4.0
CHEAPEST_PYTHON = COPY  # what left and came in with the same values costs one less than PYTHON, a copy even less
NEAREST_EXITS = 48  # of the values that left before a constant came in, how many are considered as its origin


@dataclass(frozen=True, slots=True)
class Step:
    """One step back: from tensor `there` to tensor `here`, which went into it."""

    kind: str  # "op" | "whole" | "state" | "copy" | "python"
    here: int
    there: int
    cost: float
    operation: Operation | None = None
    event: Event | None = None  # the exit, the whole, or the copy

    @property
    def place(self) -> int:
        if self.operation is not None:
            return self.operation.place
        return -1 if self.event is None else int(self.event["place"])

    @property
    def cut(self) -> bool:
        return self.cost >= CUT


class Flow:
    """One gradient call in one story. `leaving` are the exits and `arriving` the constants that an experiment has
    shown to depend on the sources; None where there was no experiment."""

    def __init__(
        self, story: Story, call: Event, leaving: set[int] | None = None, arriving: set[int] | None = None
    ) -> None:
        self.story, self.call = story, call
        self.leaving, self.arriving = leaving, arriving
        self.targets = [number for number, _ in call["targets"] if number >= 0]
        self.tape = call["tape"]

    # --- what the tape really did ----------------------------------------------------------------------------

    @cached_property
    def backward(self) -> list[Event]:
        end = self.call["clock"]
        return [event for event in self.story.of("backward") if self.call["begin"] < event["number"] <= end]

    @cached_property
    def visited(self) -> dict[int, Event]:
        """Clock of an operation -> the backward step that went through it."""
        return self._matched[0]

    @cached_property
    def visited_wholes(self) -> dict[int, Event]:
        """Output of a custom gradient or compiled function -> the backward step that went through it."""
        return self._matched[1]

    @cached_property
    def received(self) -> dict[int, set[int]]:
        """Tensor -> the numbers of the gradients that arrived at it."""
        return self._matched[2]

    @cached_property
    def _matched(self) -> tuple[dict[int, Event], dict[int, Event], dict[int, set[int]]]:
        """Which backward step belongs to which operation.

        A step names its operation's type, and its tensors only where its gradient needs them. The rest follows from
        the gradients: a step's incoming gradient is one that an earlier step gave to the operation's output.
        """
        steps: dict[int, Event] = {}
        wholes: dict[int, Event] = {}
        received: dict[int, set[int]] = defaultdict(set)
        sums = self._sums()
        candidates: dict[str, list[Operation]] = defaultdict(list)
        for operation in reversed(self.story.operations):
            if operation.clock < self.call["begin"] and operation.outputs:
                candidates[operation.type].append(operation)
        for event in self.backward:
            if event["op"] == "whole":
                for number in event["outputs"]:
                    wholes[number] = event
                self._hand_on(event, event["inputs"], received)
                continue
            came = set().union(*(sums.get(number, {number}) for number in event["came"] or () if number is not None))
            best = self._operation_of(event, came, candidates[event["op"]], steps, received)
            if best is not None:
                steps[best.clock] = event
                self._hand_on(event, best.inputs, received)
        return steps, wholes, received

    def _operation_of(
        self, event: Event, came: set[int], candidates: list[Operation], taken: dict[int, Event], received: Any
    ) -> Operation | None:
        for operation in candidates:
            if operation.clock in taken or not agrees(event["inputs"], operation.inputs):
                continue
            if not agrees(event["outputs"], operation.outputs):
                continue
            at_target = any(number in self.targets for number in operation.outputs)
            if at_target or any(received[number] & came for number in operation.outputs):
                return operation
        return None

    def _hand_on(self, event: Event, inputs: Any, received: dict[int, set[int]]) -> None:
        for number, gradient in zip(inputs, event["went"] or (), strict=False):
            if gradient is not None:
                received[number].add(gradient)

    def _sums(self) -> dict[int, set[int]]:
        """A gradient that the tape added up -> the gradients that it was made of."""
        sums: dict[int, set[int]] = {}
        for operation in self.story.operations:
            if self.call["begin"] < operation.clock <= self.call["clock"] and operation.type in ("AddN", "AddV2"):
                parts = [sums.get(number, {number}) for number in operation.inputs]
                for number in operation.outputs:
                    sums[number] = set().union(*parts)
        return sums

    # --- the steps back from a tensor ---------------------------------------------------------------------------

    def steps(self, tensor: int, clock: int) -> Iterator[Step]:
        """Every step inside TensorFlow that could have brought a value into `tensor` (or variable), which was used at
        `clock`."""
        story = self.story
        if tensor in story.wholes:
            yield from self._whole(tensor, story.wholes[tensor])
        elif tensor in story.producer:
            yield from self._operation(tensor, story.producer[tensor])
        if story.dtype(tensor) in ("resource", "variant") or tensor in story.variables:
            before = [writer for writer in story.writers.get(tensor, ()) if writer.clock < clock]
            for distance, writer in enumerate(reversed(before)):
                for number in writer.inputs:
                    if number != tensor:
                        yield Step("state", number, tensor, STATE + distance * 1e-4, writer)

    def _whole(self, tensor: int, event: Event) -> Iterator[Step]:
        visit = self.visited_wholes.get(tensor)
        for position, number in enumerate(event["inputs"]):
            cost = UNKNOWN
            if visit is not None:
                went = visit["went"] or []
                cost = RECORDED if position < len(went) and went[position] is not None else CUT
            yield Step("whole", number, tensor, cost, event=event)

    def _operation(self, tensor: int, operation: Operation) -> Iterator[Step]:
        visit = self.visited.get(operation.clock)
        for position, number in enumerate(operation.inputs):
            if number < 0:
                continue
            if visit is not None:
                went = visit["went"] or []
                alone = len(operation.inputs) == 1
                alive = position < len(went) and went[position] is not None
                cost = RECORDED if alive or (alone and any(grad is not None for grad in went)) else CUT
            else:
                cost = self._unvisited(operation, number)
            yield Step("op", number, tensor, cost, operation)

    def _unvisited(self, operation: Operation, number: int) -> float:
        """The tape never got here. Would it have gone through?"""
        if operation.type in CUTTING or random(operation):
            return CUT
        if self.tape not in operation.tapes:
            return CUT
        variable = number in self.story.variables
        if not variable and not self.story.floating(number):
            return CUT
        if not all(self.story.floating(output) for output in operation.outputs[:1]):
            return CUT
        if self.copies(operation, number):
            return CUT
        return UNKNOWN

    def copies(self, operation: Operation, number: int) -> bool:
        """The tape followed what went in and not what came out: a constant was made from the tensor's values."""
        maker = self.story.producer.get(number)
        return not operation.tracked and maker is not None and maker.tracked and maker.tapes == operation.tapes

    def from_outside(self, tensor: int) -> bool:
        story = self.story
        inside = tensor in story.wholes or tensor in story.producer
        return not inside and (tensor in story.constants or tensor in story.entries)

    def through_python(self, tensor: int) -> Iterator[Step]:
        """The steps by which a value may have come from outside: from whatever left TensorFlow before."""
        story = self.story
        entry = story.entries.get(tensor)
        if entry is not None and entry["copied"] is not None:
            yield Step("copy", entry["copied"], tensor, COPY, event=entry)
            return
        if self.arriving is not None and tensor not in self.arriving:
            return
        constant = story.constants.get(tensor)
        came = (entry or constant or {})["clock"]
        before = [event for event in story.of("exit") if event["clock"] <= came][-NEAREST_EXITS:]
        for distance, exit_ in enumerate(reversed(before)):
            if self.leaving is not None and id(exit_) not in self.leaving:
                continue
            same = constant is not None and exit_["digest"] == constant["digest"] and exit_["digest"]
            cost = PYTHON - 1.0 if same else PYTHON
            yield Step("python", exit_["tensor"], tensor, cost + distance * 1e-4, event=exit_)

    def during(self, step: Step) -> bool:
        """The step was taken while the tape recorded."""
        return step.operation is not None and self.tape in step.operation.tapes

    # --- paths --------------------------------------------------------------------------------------------------

    def path(self, source: int) -> list[Step] | None:
        """The least suspicious way from the source to the target, its steps in that order; None if there is none."""
        return self._search.get(source)

    @cached_property
    def _search(self) -> _Paths:
        return _Paths(self)

    def lost(self, source: int) -> Step | None:
        """The first step from the source that no gradient can take."""
        return next((step for step in self.path(source) or () if step.cut), None)

    def reaches(self, source: int) -> bool:
        """The tape brought a gradient to this source."""
        return bool(self.received.get(source))


class _Paths:
    """Cheapest paths from the target back (Dijkstra), worked out once for a call, and as far as they are asked for.

    A constant may have come from any of many exits. These steps are the dearest, so they are listed only when no
    cheaper way is left: for most questions never.
    """

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.back: dict[int, Step] = {}
        self.cost: dict[int, float] = {}
        self.targets = set(flow.targets)
        self.sources = {number for number, _ in flow.call["sources"]} - self.targets
        self._pending: dict[int, float] = {}
        self._queue = [(0.0, number, flow.call["begin"], False) for number in flow.targets]

    def get(self, source: int) -> list[Step] | None:
        while source not in self.cost and self._queue:
            self._go_on()
        if source not in self.cost or source in self.targets:
            return None
        steps = [self.back[source]]
        while steps[-1].there not in self.targets:
            steps.append(self.back[steps[-1].there])
        return steps

    def _go_on(self) -> None:
        cost, tensor, clock, through_python = heapq.heappop(self._queue)
        if through_python:
            self._reach(cost - CHEAPEST_PYTHON, clock, self.flow.through_python(tensor))
        elif tensor not in self.cost:
            self.cost[tensor] = cost
            steps = self.flow.steps(tensor, clock)
            if tensor in self.sources:  # what a source was made of, or updated with, is another call's business
                steps = (step for step in steps if self.flow.during(step))
            elif self.flow.from_outside(tensor):
                heapq.heappush(self._queue, (cost + CHEAPEST_PYTHON, tensor, clock, True))
            self._reach(cost, clock, steps)

    def _reach(self, cost: float, clock: int, steps: Iterator[Step]) -> None:
        for step in steps:
            reached = cost + step.cost
            if step.here not in self.cost and reached < self._pending.get(step.here, float("inf")):
                self._pending[step.here] = reached
                self.back[step.here] = step
                at = step.operation.clock if step.operation else (step.event or {}).get("clock", clock)
                heapq.heappush(self._queue, (reached, step.here, at, False))


def agrees(said: list[int | None] | None, numbers: tuple[int, ...]) -> bool:
    """What a backward step says of its tensors (nothing, some or all of them) fits an operation's."""
    if said is None:
        return True
    return len(said) == len(numbers) and all(
        one is None or one == other for one, other in zip(said, numbers, strict=True)
    )


def random(operation: Operation) -> bool:
    return any(word in operation.type for word in ("Random", "Multinomial", "Categorical", "Poisson", "Binomial"))
