"""A source gets exactly zero at every call: which operation turned the gradient to zero, and why.

Seen from the target, the first operation that a gradient reached and left as zero (or shrunk to almost nothing) is
the one. Either it is flat where its inputs are, or it multiplies with something that is zero: then that is traced.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from grader.doctor.case import Case, Suspect
from grader.doctor.flow import Flow, Step
from grader.doctor.path import draw, readable
from grader.doctor.rules.missing import hidden
from grader.doctor.trace import Event, Operation, Story

FLAT = {"Sign": "zero", "Round": "zero", "Floor": "zero", "Ceil": "zero"}
SQUASHING = ("Sigmoid", "Tanh", "Softmax", "LogSoftmax", "Softsign", "Erf", "HardSigmoid")
CLIPPING = ("ClipByValue", "Minimum", "Maximum", "Relu6", "Clip")
RECTIFYING = ("Relu", "Selu", "Elu", "LeakyRelu")
NOTHING = 1e-6  # a gradient that shrinks below this share of itself in one operation has vanished there
VANISHED = 1e-10  # over a whole network: smaller than this share of the largest gradient of the call
MOSTLY = 0.75  # of a gradient's elements are zero
FEW = 5  # elements: with so few, and one call, a zero may be an accident (an inactive unit, a branch not taken)
SCALING = ("Mul", "RealDiv", "Cast", "DivNoNan")  # make a gradient small, which is not the same as losing it
STACKED = 5  # squashing operations in a row that can make a gradient vanish together


def suspects(case: Case) -> Iterator[Suspect]:
    for calls in case.sites.values():
        for position in range(len(calls[0]["results"])):
            always = case.always(calls[0], position, "zero")
            yield from of_source(case, calls[0], position, always)


def of_source(case: Case, call: Event, position: int, always: bool) -> Iterator[Suspect]:
    flow, story = case.flow(call), case.main
    if position >= len(call["sources"]) or call["results"][position].get("largest") is None:
        return
    number, kind = call["sources"][position]
    if hidden(call, position, flow):
        return
    name = story.name(number) if kind == "variable" else "the tensor"
    path = flow.path(number)
    if not path or any(step.cut for step in path):
        return
    if always:
        found = killer(flow, path, 0.0)
        if found is not None:
            yield from blame(case, call, number, name, path, found)
    elif tiny_everywhere(call):
        found = killer(flow, path, NOTHING)
        if found is not None:
            yield from blame(case, call, number, name, path, found)
    elif (call["results"][position].get("zeros") or 0.0) >= MOSTLY:
        yield from mostly_flat(flow, path, name)
    elif call["results"][position]["largest"] <= VANISHED * largest(call):
        yield from vanished(path, name)


def largest(call: Event) -> float:
    return max((result.get("largest") or 0.0 for result in call["results"]), default=0.0)


def tiny_everywhere(call: Event) -> bool:
    """Every source of the call got next to nothing, compared with what the target itself starts from."""
    return largest(call) < NOTHING


def killer(flow: Flow, path: list[Step], share: float) -> Step | None:
    """The first step from the target whose operation received a gradient and gave on (almost) nothing."""
    for step in reversed(path):
        if step.operation is None or (share and step.operation.type in SCALING):
            continue
        visit = flow.visited.get(step.operation.clock)
        if visit is None or not visit["went"]:
            continue
        came = max((state[1] or 0.0 for state in visit.get("came_states") or () if state), default=0.0)
        positions = [i for i, taken in enumerate(step.operation.inputs) if taken == step.here]
        went = [visit["states"][i][1] or 0.0 for i in positions if i < len(visit["states"]) and visit["states"][i]]
        if came > 0.0 and went and max(went) <= share * came:
            return step
    return None


def blame(case: Case, call: Event, number: int, name: str, path: list[Step], step: Step) -> Iterator[Suspect]:
    story = case.main
    operation = step.operation
    assert operation is not None
    drawn = draw(path, step, name)
    cause, detail, place, label = reason(story, operation, step, number, depth=6)
    if operation.within is not None and cause != "missing_loss_term":
        forward = second_order(case, operation)
        if forward is not None:
            cause, detail, place, label = "nondifferentiable_op", "second", forward.place, readable(forward.type)
    few = elements(story, step.here) < FEW and case.times(call) < 2
    certain = detail != "start" and (not few or cause in ("nondifferentiable_op", "mixed_precision_scaling"))
    if not certain and detail != "start":
        return
    severity = "error" if certain else "note"
    yield Suspect(cause, severity, place, "zero", (name,), label, detail, drawn)


def elements(story: Story, tensor: int) -> int:
    return prod(story.shape(tensor) or ())


def reason(story: Story, operation: Operation, step: Step, source: int, depth: int) -> tuple[str, str, int, str]:
    """(cause, detail, place, label) of an operation that let nothing through."""
    name, place = operation.type, operation.place
    if name in FLAT:
        return "nondifferentiable_op", "zero", place, readable(name)
    if name in SQUASHING or name in CLIPPING:
        one = name == "Softmax" and (story.shape(operation.outputs[0]) or (0,))[-1] == 1
        constant = name == "Softmax" and not one and not extreme(story, operation)
        if constant:
            return "wrong_target", "constant", place, readable(name)
        return "saturated", "one" if one else "", place, readable(name)
    if name in RECTIFYING:
        return "dead_units", "", place, readable(name)
    others = [number for number in operation.inputs if number != step.here] or list(operation.inputs)
    for number in others:
        found = zero_operand(story, number, source, depth, place)
        if found is not None:
            return found
    return "wrong_target", "flat", place, readable(name)


def extreme(story: Story, operation: Operation) -> bool:
    """The inputs are so far apart that the result is 0 or 1."""
    state = story.state.get(operation.outputs[0])
    return state is not None and (state[1] or 0.0) > 1 - 1e-6 and (state[3] or 0.0) < 1e-6


def zero_operand(story: Story, number: int, source: int, depth: int, place: int) -> tuple[str, str, int, str] | None:
    """Why a factor is zero everywhere; None when it is not."""
    state = story.state.get(number)
    if state is None or state[2] < 1.0:
        return None
    if number in story.constants:
        if story.dtype(number) in ("float16", "bfloat16"):
            return "mixed_precision_scaling", "", place, ""
        return "missing_loss_term", "mask", place, ""
    operation = story.producer.get(number)
    if operation is None:
        return None
    if story.is_read(operation):
        handle = operation.inputs[0]
        variable = story.variables.get(handle)
        if variable is None:
            return None
        if handle == source:
            return "singular_point", "start", variable.place, ""
        return "dead_units", "zero", variable.place, story.name(variable.id)
    if operation.type in RECTIFYING:
        return "dead_units", "", operation.place, readable(operation.type)
    if depth:
        for taken in operation.inputs:
            found = zero_operand(story, taken, source, depth - 1, operation.place)
            if found is not None:
                return found
    return None


def second_order(case: Case, operation: Operation) -> Operation | None:
    """The forward operation whose own derivative this is a part of."""
    for other in case.main.of("call"):
        flow = case.flow(other)
        for clock, event in flow.visited.items():
            if event["number"] == operation.within:
                return next(one for one in case.main.operations if one.clock == clock)
    return None


def mostly_flat(flow: Flow, path: list[Step], name: str) -> Iterator[Suspect]:
    """Sigmoids and their like whose inputs are so large that most of them let nothing through."""
    for step in path:
        operation = step.operation
        visit = flow.visited.get(operation.clock) if operation is not None else None
        if operation is None or operation.type not in ("Sigmoid", "Tanh") or visit is None:
            continue
        came, went = ([state for state in visit[key] or () if state] for key in ("came_states", "states"))
        if came and went and came[0][2] < 1.0 - MOSTLY and went[0][2] >= MOSTLY:
            label = readable(operation.type)
            yield Suspect("saturated", "note", operation.place, "mostly", (name,), label, rank=0.5)
            return


def vanished(path: list[Step], name: str) -> Iterator[Suspect]:
    squashing = [step.operation for step in path if step.operation and step.operation.type in SQUASHING]
    if len(squashing) >= STACKED and squashing[0] is not None:
        label = readable(squashing[0].type)
        yield Suspect("saturated", "note", squashing[0].place, "zero", (name,), label, "vanishing")
