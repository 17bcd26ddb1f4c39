"""A source gets exactly zero at every call: which operation turned the gradient to zero, and why.

Seen from the target, the first operation that a gradient reached and left as zero (or shrunk to almost nothing) is
the one. Either it is flat where its inputs are, or it multiplies with something that is zero: then that is traced.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from math import prod

from grader.doctor.case import Case
from grader.doctor.events import Call
from grader.doctor.flow import Flow, Step
from grader.doctor.path import draw, spell
from grader.doctor.rules.missing import is_hidden
from grader.doctor.story import Story, is_read
from grader.doctor.suspect import Severity, Suspect
from grader.doctor.trace import Operation

FLAT = ("Sign", "Round", "Floor", "Ceil")
SQUASHING = ("Sigmoid", "Tanh", "Softmax", "LogSoftmax", "Softsign", "Erf", "HardSigmoid")
CLIPPING = ("ClipByValue", "Minimum", "Maximum", "Relu6", "Clip")
RECTIFYING = ("Relu", "Selu", "Elu", "LeakyRelu")
HALF = ("float16", "bfloat16")
NOTHING = 1e-6  # a gradient that shrinks below this share of itself in one operation has vanished there
VANISHED = 1e-10  # over a whole network: smaller than this share of the largest gradient of the call
MOSTLY = 0.75  # of a gradient's elements are zero
FEW = 5  # elements: with so few, and one call, a zero may be an accident (an inactive unit, a branch not taken)
SCALING = ("Mul", "RealDiv", "Cast", "DivNoNan")  # make a gradient small, which is not the same as losing it
SAME = 1e-4  # relative difference of two sizes that are one
TWICE = 4  # operations that make a computation of its own
MULTIPLYING = ("MatMul", "BatchMatMulV2")  # a matrix of weights with a state or with data
STACKED = 5  # squashing operations in a row that can make a gradient vanish together
FACTOR_DEPTH = 6  # operations between a factor that is zero and what made it so

flat = partial(Suspect, severity="error", symptom="zero")


def find_zero_gradients(case: Case) -> Iterator[Suspect]:
    for flow in case.first_flows:
        for position in range(min(len(flow.call.results or ()), len(flow.call.sources))):
            yield from explain_source(case, flow, position)


def explain_source(case: Case, flow: Flow, position: int) -> Iterator[Suspect]:
    call = flow.call
    source, outcome = call.sources[position], (call.results or ())[position]
    if outcome.largest is None or is_hidden(call, position, flow):
        return
    path = flow.path(source.number)
    if not path or any(step.cut for step in path):
        return
    name = case.main.name(source.number)
    if case.is_always(call, position, "zero"):
        yield from explain_killer(case, flow, path, find_killer(flow, path, 0.0), source.number, name)
    elif find_largest(call) < NOTHING:  # at every source, compared with the 1.0 that the target itself starts from
        yield from explain_killer(case, flow, path, find_killer(flow, path, NOTHING), source.number, name)
    elif (outcome.zeros or 0.0) >= MOSTLY:
        yield from suspect_saturation(flow, path, name)
    elif outcome.largest <= VANISHED * find_largest(call):
        yield from suspect_stack(path, name)


def find_cancelling_gradients(case: Case) -> Iterator[Suspect]:
    """Every source gets several gradients that are not zero and add up to zero: two branches of the same computation
    meet with opposite signs. (A bias alone may well cancel: in the difference of two outputs of one network.)"""
    story = case.main
    for calls in case.sites:
        flow = case.flow(calls[0])
        sizes = list_sizes(flow)
        names = []
        for position, source in enumerate(flow.call.sources):
            parts = [sizes.get(number, 0.0) for number in flow.retraced.received.get(source.number, ())]
            outcomes = [(call.results or ())[position] for call in calls if position < len(call.results or ())]
            most = max((outcome.largest or 0.0 for outcome in outcomes), default=0.0)
            if len(parts) > 1 and min(parts) > 0.0 and most <= NOTHING * max(parts):
                names.append(story.name(source.number))
        known = [story.variables.get(source.number) for source in flow.call.sources]
        trained = all(variable is not None and variable.account.steps > 1 for variable in known)
        all_of_them = len(names) == len(flow.call.sources) and trained
        meeting = find_meeting_of_opposites(flow, sizes) if names and all_of_them else None
        if meeting is not None:
            twice = computes_twice(story, meeting)
            yield flat(
                cause="missing_stop_gradient" if twice else "wrong_target",
                detail="cancel",
                variables=tuple(names),
                operation=spell(meeting.type),
                place=meeting.place,
            )


def computes_twice(story: Story, meeting: Operation) -> bool:
    """Each operand was computed by itself, in several operations, and not one from the other."""
    one, other = ({made.clock for made in story.ancestors([number])} for number in meeting.inputs)
    return min(len(one - other), len(other - one)) >= TWICE


def list_sizes(flow: Flow) -> dict[int, float]:
    """The largest element of each gradient that the tape handed on."""
    sizes: dict[int, float] = {}
    for event in flow.retraced.steps:
        for number, state in zip(event.went or (), event.states, strict=False):
            if number is not None and state is not None:
                sizes[number] = state.largest or 0.0
    return sizes


def find_meeting_of_opposites(flow: Flow, sizes: dict[int, float]) -> Operation | None:
    """The last operation of two operands that come from the same sources and got gradients of the same size."""
    found = None
    for clock, event in flow.retraced.visited.items():
        operation = flow.story.by_clock[clock]
        went = [sizes.get(number, 0.0) for number in event.went or () if number is not None]
        if len(operation.inputs) != 2 or len(went) != 2 or abs(went[0] - went[1]) > SAME * max(went) or not all(went):
            continue
        one, other = (flow.sources_behind(number) for number in operation.inputs)
        if one and one == other and (found is None or clock > found.clock):
            found = operation
    return found


def find_largest(call: Call) -> float:
    return max((outcome.largest or 0.0 for outcome in call.results or ()), default=0.0)


def find_killer(flow: Flow, path: list[Step], share: float) -> Step | None:
    """The first step from the target whose operation received a gradient and gave on (almost) nothing."""
    for step in reversed(path):
        operation = step.operation
        if operation is None or (share and operation.type in SCALING):
            continue
        visit = flow.retraced.visited.get(operation.clock)
        if visit is None or not visit.went:
            continue
        came = max((state.largest or 0.0 for state in visit.came_states if state), default=0.0)
        states = [state for taken, state in zip(operation.inputs, visit.states, strict=False) if taken == step.here]
        went = [state.largest or 0.0 for state in states if state]
        if came > 0.0 and went and max(went) <= share * came:
            return step
    return None


def explain_killer(
    case: Case, flow: Flow, path: list[Step], step: Step | None, source: int, name: str
) -> Iterator[Suspect]:
    if step is None or step.operation is None:
        return
    suspect = explain(case.main, step.operation, step, source)
    if step.operation.within is not None and suspect.cause != "missing_loss_term":
        forward = find_differentiated(case, step.operation.within)
        if forward is not None:
            kind = spell(forward.type)
            suspect = flat(cause="nondifferentiable_op", detail="second", operation=kind, place=forward.place)
    accidental = prod(case.main.shape(step.here) or ()) < FEW and case.count_calls(flow.call) < 2
    certain = suspect.cause in ("nondifferentiable_op", "mixed_precision_scaling")
    at_start = suspect.detail == "start"
    if certain or at_start or not accidental:
        severity: Severity = "note" if at_start else "error"
        yield replace(suspect, severity=severity, variables=(name,), path=draw(path, step, name))


def explain(story: Story, operation: Operation, step: Step, source: int) -> Suspect:
    """An operation that let nothing through."""
    kind = operation.type
    at = partial(flat, operation=spell(kind), place=operation.place)
    if kind in FLAT:
        return at(cause="nondifferentiable_op", detail="zero")
    if kind == "Softmax" and (story.shape(operation.outputs[0]) or (0,))[-1] == 1:
        return at(cause="saturated", detail="one")
    if kind == "Softmax" and not is_extreme(story, operation):
        return at(cause="wrong_target", detail="constant")
    if kind in SQUASHING or kind in CLIPPING:
        return at(cause="saturated")
    if kind in RECTIFYING:
        return at(cause="dead_units")
    others = [number for number in operation.inputs if number != step.here] or operation.inputs
    for number in others:
        suspect = explain_factor(story, number, source, operation.place, kind)
        if suspect is not None:
            return suspect
    return at(cause="wrong_target", detail="flat")


def is_extreme(story: Story, operation: Operation) -> bool:
    """The inputs are so far apart that the result is 0 or 1."""
    state = story.states.get(operation.outputs[0])
    return state is not None and (state.largest or 0.0) > 1 - 1e-6 and (state.smallest or 0.0) < 1e-6


def explain_factor(story: Story, factor: int, source: int, place: int, kind: str) -> Suspect | None:
    """Why a factor is zero everywhere, which was used at this place; None when it is not."""

    def is_zero(number: int) -> bool:
        return number in story.states and story.states[number].zeros >= 1.0

    def follow(operation: Operation) -> list[int]:
        ends = is_read(operation) or operation.type in RECTIFYING
        return [] if ends else [number for number in operation.inputs if is_zero(number)]

    used_at = {factor: place}
    for number, operation in story.upstream([factor] if is_zero(factor) else [], follow, FACTOR_DEPTH):
        if kind in MULTIPLYING and number in story.constants:
            return flat(cause="unused_variable", detail="state", place=place)
        if number in story.constants:
            underflow = story.dtype(number) in HALF
            return flat(
                cause="mixed_precision_scaling" if underflow else "missing_loss_term",
                detail="" if underflow else "mask",
                place=used_at[number],
            )
        if operation is None:
            continue
        if operation.type in RECTIFYING:
            return flat(cause="dead_units", operation=spell(operation.type), place=operation.place)
        if is_read(operation):
            variable = story.variables.get(operation.inputs[0])
            if variable is not None and variable.id == source:
                return flat(cause="singular_point", detail="start", place=variable.place)
            if variable is not None:
                name = story.name(variable.id)
                return flat(cause="dead_units", detail="zero", operation=name, place=variable.place)
        for taken in operation.inputs:
            used_at.setdefault(taken, operation.place)
    return None


def find_differentiated(case: Case, within: int) -> Operation | None:
    """The forward operation of whose own derivative this backward step is a part."""
    for call in case.main.of(Call):
        for clock, event in case.flow(call).retraced.visited.items():
            if event.number == within:
                return case.main.by_clock[clock]
    return None


def suspect_saturation(flow: Flow, path: list[Step], name: str) -> Iterator[Suspect]:
    """Sigmoids and their like whose inputs are so large that most of them let nothing through."""
    for step in path:
        operation = step.operation
        visit = flow.retraced.visited.get(operation.clock) if operation is not None else None
        if operation is None or operation.type not in ("Sigmoid", "Tanh") or visit is None:
            continue
        came, went = ([state for state in states if state] for states in (visit.came_states, visit.states))
        if came and went and came[0].zeros < 1.0 - MOSTLY and went[0].zeros >= MOSTLY:
            yield Suspect(
                cause="saturated",
                severity="note",
                symptom="mostly",
                variables=(name,),
                operation=spell(operation.type),
                place=operation.place,
                rank=0.5,
            )
            return


def suspect_stack(path: list[Step], name: str) -> Iterator[Suspect]:
    """Many squashing operations in a row, each of which makes the gradient smaller."""
    squashing = [step.operation for step in path if step.operation and step.operation.type in SQUASHING]
    if len(squashing) >= STACKED:
        yield Suspect(
            cause="saturated",
            detail="vanishing",
            severity="note",
            symptom="zero",
            variables=(name,),
            operation=spell(squashing[0].type),
            place=squashing[0].place,
        )
