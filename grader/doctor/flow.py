"""How values travelled from a source to the target of one gradient call, and where the gradient could not follow.

A value travels through operations, through variables that were written and read again, and through Python: it left
TensorFlow somewhere and a constant came in later. `Flow` knows these steps and which of them the tape really went
back through. The path with the fewest steps that a gradient cannot take is how the value travelled; the first such
step, seen from the source, is where the gradient was lost.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from grader.doctor.backward import Retraced
from grader.doctor.events import NOWHERE, Call, Entry, Exit, Whole
from grader.doctor.story import Story, is_read
from grader.doctor.trace import Operation

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
SHAPES = ("Shape", "Size", "Rank", "ZerosLike", "OnesLike")  # take nothing of a tensor's values
SAMPLING = ("Random", "Multinomial", "Categorical", "Poisson", "Binomial")  # what a drawing operation's name holds

# What a step costs on the way back. A path never takes a dearer kind of step to save a few cheap ones.
RECORDED, UNKNOWN, CUT, STATE, COPY, PYTHON = 0.0, 0.001, 1.0, 2.0, 2.0, 4.0
SHAPE = 64.0  # by a shape no value travels: only where there is no other way, however many cuts that has
CHEAPEST_PYTHON = COPY  # what left and came in with the same values costs one less than PYTHON, a copy even less
NEAREST_EXITS = 48  # of the values that left before a constant came in, how many are considered as its origin


@dataclass(frozen=True, slots=True)
class Step:
    """One step back: from tensor `there` to tensor `here`, which went into it."""

    kind: str  # "op" | "whole" | "inside" | "state" | "copy" | "python"
    here: int
    there: int
    cost: float
    operation: Operation | None = None
    event: Exit | Whole | Entry | None = None  # of "python", "whole" and "copy"

    @property
    def place(self) -> int:
        origin = self.operation or self.event
        return NOWHERE if origin is None else origin.place

    @property
    def cut(self) -> bool:
        return self.cost >= CUT


@dataclass(frozen=True, slots=True)
class Changes:
    """What an experiment has shown to depend on the sources: the exits (by their clock) and constants that changed."""

    leaving: frozenset[int]
    arriving: frozenset[int]


class Flow:
    """One gradient call in one story; `changes` is None where there was no experiment."""

    def __init__(self, story: Story, call: Call, retraced: Retraced, changes: Changes | None = None) -> None:
        self.story, self.call, self.retraced, self.changes = story, call, retraced, changes
        self.targets = [target.number for target in call.targets if target.number >= 0]
        self.sources = {source.number for source in call.sources}
        self.tape = call.tape

    # --- the steps back from a tensor ---------------------------------------------------------------------------

    def steps(self, tensor: int, clock: int) -> Iterator[Step]:
        """Every step inside TensorFlow that could have brought a value into `tensor` (or variable), which was used at
        `clock`."""
        story = self.story
        if tensor in story.insides:
            yield Step("inside", story.insides[tensor], tensor, UNKNOWN)
        elif tensor in story.wholes:
            yield from self._whole(tensor, story.wholes[tensor])
        elif tensor in story.producer:
            yield from self._operation(tensor, story.producer[tensor])
        if story.is_resource(tensor):
            before = [writer for writer in story.writers.get(tensor, ()) if writer.clock < clock]
            for distance, writer in enumerate(reversed(before)):
                for number in writer.inputs:
                    if number != tensor:
                        yield Step("state", number, tensor, STATE + distance * 1e-4, writer)

    def _whole(self, tensor: int, event: Whole) -> Iterator[Step]:
        visit = self.retraced.visited_wholes.get(tensor)
        for position, number in enumerate(event.inputs):
            cost = UNKNOWN
            if visit is not None:
                went = visit.went or ()
                cost = RECORDED if position < len(went) and went[position] is not None else CUT
            yield Step("whole", number, tensor, cost, event=event)

    def _operation(self, tensor: int, operation: Operation) -> Iterator[Step]:
        visit = self.retraced.visited.get(operation.clock)
        for position, number in enumerate(operation.inputs):
            if number < 0:
                continue
            if visit is not None:
                went = visit.went or ()
                alone = len(operation.inputs) == 1
                alive = position < len(went) and went[position] is not None
                cost = RECORDED if alive or (alone and any(grad is not None for grad in went)) else CUT
            else:
                cost = self._unvisited(operation, number)
            yield Step("op", number, tensor, cost, operation)

    def _unvisited(self, operation: Operation, number: int) -> float:
        """The tape never got here. Would it have gone through?"""
        if operation.type in SHAPES:
            return SHAPE
        if operation.type in CUTTING or draws_at_random(operation):
            return CUT
        if self.tape not in operation.tapes:
            return CUT
        if number not in self.story.variables and not self.story.is_floating(number):
            return CUT
        if not all(self.story.is_floating(output) for output in operation.outputs[:1]):
            return CUT
        if self.copies(operation, number):
            return CUT
        return UNKNOWN

    def copies(self, operation: Operation, number: int) -> bool:
        """The tape followed what went in and not what came out: a constant was made from the tensor's values."""
        maker = self.story.producer.get(number)
        return not operation.tracked and maker is not None and maker.tracked and maker.tapes == operation.tapes

    def comes_from_outside(self, tensor: int) -> bool:
        story = self.story
        inside = tensor in story.wholes or tensor in story.producer or tensor in story.insides
        return not inside and story.arrival(tensor) is not None

    def through_python(self, tensor: int) -> Iterator[Step]:
        """The steps by which a value may have come from outside: from whatever left TensorFlow before."""
        story = self.story
        entry = story.entries.get(tensor)
        if entry is not None and entry.copied is not None:
            yield Step("copy", entry.copied, tensor, COPY, event=entry)
            return
        if self.changes is not None and tensor not in self.changes.arriving:
            return
        constant = story.constants.get(tensor)
        arrival = entry or constant
        if arrival is None:
            return
        before = [event for event in story.of(Exit) if event.clock <= arrival.clock][-NEAREST_EXITS:]
        for distance, event in enumerate(reversed(before)):
            if self.changes is not None and event.clock not in self.changes.leaving:
                continue
            same = constant is not None and event.digest and event.digest == constant.digest
            cost = PYTHON - 1.0 if same else PYTHON
            yield Step("python", event.tensor, tensor, cost + distance * 1e-4, event=event)

    def is_recorded(self, step: Step) -> bool:
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

    def reaches(self, tensor: int) -> bool:
        """The tape brought a gradient to this tensor or variable."""
        return bool(self.retraced.received.get(tensor))

    # --- what the target was made of ------------------------------------------------------------------------------

    @cached_property
    def ancestors(self) -> list[Operation]:
        """The operations that the target was computed with, in the order in which they ran."""
        return self.story.ancestors(self.targets)

    @cached_property
    def seen_by_tape(self) -> list[Operation]:
        """The same without those inside a custom gradient or compiled function, into which the tape does not see."""
        return self.story.ancestors(self.targets, over_wholes=True)

    @cached_property
    def open_to_gradients(self) -> set[int]:
        """Clocks of the operations from which a gradient could have come, had they been recorded."""

        def closed(operation: Operation) -> bool:
            return operation.within is not None or operation.type in CUTTING or operation.type == "Sign"

        makers = self.story.ancestors(self.targets, lambda one: () if closed(one) else one.inputs)
        return {operation.clock for operation in makers if not closed(operation)}

    @cached_property
    def data(self) -> list[int]:
        """What the target was computed from, and no operation of it made: other than variables and single numbers."""
        story = self.story
        walk = story.upstream(self.targets, lambda one: () if is_read(one) else one.inputs)
        return [
            number for number, made in walk if made is None and number not in story.variables and story.shape(number)
        ]

    def sources_behind(self, tensor: int) -> set[int]:
        """The sources that a tensor was computed from."""
        return self.story.variables_behind(tensor) & self.sources

    def has_data_behind(self, tensor: int) -> bool:
        """Something other than variables and single numbers went into a tensor."""
        story = self.story
        walk = story.upstream([tensor], lambda one: () if is_read(one) else one.inputs)
        return any(
            made is None and number not in story.variables and story.shape(number) != () for number, made in walk
        )


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
        self.sources = flow.sources - self.targets
        self._pending: dict[int, float] = {}
        self._queue = [(0.0, number, flow.call.begin, False) for number in flow.targets]

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
                steps = (step for step in steps if self.flow.is_recorded(step))
            elif self.flow.comes_from_outside(tensor):
                heapq.heappush(self._queue, (cost + CHEAPEST_PYTHON, tensor, clock, True))
            self._reach(cost, clock, steps)

    def _reach(self, cost: float, clock: int, steps: Iterator[Step]) -> None:
        for step in steps:
            reached = cost + step.cost
            if step.here not in self.cost and reached < self._pending.get(step.here, float("inf")):
                self._pending[step.here] = reached
                self.back[step.here] = step
                origin = step.operation or step.event
                heapq.heappush(self._queue, (reached, step.here, origin.clock if origin else clock, False))


def draws_at_random(operation: Operation) -> bool:
    return any(word in operation.type for word in SAMPLING)
