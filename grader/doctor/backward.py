"""What the tape really did in one gradient call: which operations it went back through, and where gradients arrived.

A backward step names its operation's type, and its tensors only where its gradient needs them. The rest follows from
the gradients: a step's incoming gradient is one that an earlier step gave to the operation's output.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from grader.doctor.events import Backward, Call, Gradients
from grader.doctor.story import Story
from grader.doctor.trace import Operation

SUMS = ("AddN", "AddV2")  # with which a tape adds gradients up


class Retraced:
    """The backward steps of a call, each joined to what it differentiated."""

    def __init__(self, story: Story, call: Call) -> None:
        self.steps = [event for event in story.of(Backward) if call.begin < event.number <= call.clock]
        self.visited: dict[int, Backward] = {}  # clock of an operation -> the step through it
        self.visited_wholes: dict[int, Backward] = {}  # output of a whole -> the step through it
        self.received: dict[int, set[int]] = defaultdict(set)  # tensor -> the gradients that arrived at it
        self._targets = {target.number for target in call.targets if target.number >= 0}
        self._match(story, call)

    def _match(self, story: Story, call: Call) -> None:
        sums = _list_sums(story, call)
        candidates: dict[str, list[Operation]] = defaultdict(list)
        for operation in reversed(story.operations):
            if operation.clock < call.begin and operation.outputs:
                candidates[operation.type].append(operation)
        for event in self.steps:
            if event.op == "whole":
                self.visited_wholes |= {number: event for number in event.outputs or () if number is not None}
                self._hand_on(event, event.inputs or ())
                continue
            came = set().union(*(sums.get(number, {number}) for number in event.came or () if number is not None))
            match = self._find_operation(event, came, candidates[event.op])
            if match is not None:
                self.visited[match.clock] = event
                self._hand_on(event, match.inputs)

    def _find_operation(self, event: Backward, came: set[int], candidates: list[Operation]) -> Operation | None:
        for operation in candidates:
            if operation.clock in self.visited or not agrees(event.inputs, operation.inputs):
                continue
            if not agrees(event.outputs, operation.outputs):
                continue
            at_target = any(number in self._targets for number in operation.outputs)
            if at_target or any(self.received[number] & came for number in operation.outputs):
                return operation
        return None

    def _hand_on(self, event: Backward, inputs: Sequence[int | None]) -> None:
        for number, gradient in zip(inputs, event.went or (), strict=False):
            if gradient is not None and number is not None:
                self.received[number].add(gradient)


def _list_sums(story: Story, call: Call) -> dict[int, set[int]]:
    """A gradient that the tape added up -> the gradients that it was made of."""
    sums: dict[int, set[int]] = {}
    for operation in story.operations:
        if call.begin < operation.clock <= call.clock and operation.type in SUMS:
            parts = [sums.get(number, {number}) for number in operation.inputs]
            for number in operation.outputs:
                sums[number] = set().union(*parts)
    return sums


def agrees(known: Gradients | None, numbers: tuple[int, ...]) -> bool:
    """What a backward step knows of its tensors (nothing, some or all of them) fits an operation's."""
    if known is None:
        return True
    return len(known) == len(numbers) and all(
        one is None or one == other for one, other in zip(known, numbers, strict=True)
    )
